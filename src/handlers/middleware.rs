//! Around every request: the request id goes out with the answer, an error gets its problem body in the language of the
//! request, and JSON gets line breaks for who asks for them.

use actix_web::body::{BodySize, BoxBody, MessageBody, to_bytes};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue, VARY};
use actix_web::middleware::Next;
use actix_web::{Error as ActixError, HttpMessage, web};

use super::{indent, problem};
use crate::access::known_paths::KnownPaths;
use crate::access::request_id::{HEADER, ensure};
use crate::error::{Code, Error};
use crate::state::AppState;

/// Says of a request that it was a HEAD: an answer without an end need not begin.
pub struct HeadOnly;

/// Adds the id to the answer, and gives an error its answer in the request's language.
pub async fn around(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, ActixError> {
    let id = ensure(&request);
    let _open = request.app_data::<web::Data<AppState>>().map(|state| state.open_requests.enter());
    let indent = request.headers().get(ACCEPT).and_then(|accept| indent::asked(accept.to_str().ok()?));
    // HEAD is GET without the body. The connection has noted the method and leaves the body out.
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
        request.extensions_mut().insert(HeadOnly);
    }
    if let Err(error) = check_method(&request) {
        let mut response = problem::respond(&error, request.request());
        name(response.headers_mut(), &id);
        return Ok(for_people(request.into_response(response).map_into_boxed_body(), indent).await);
    }
    let mut response = match next.call(request).await {
        Ok(response) => match response.response().error().and_then(|error| error.as_error::<Error>()) {
            Some(error) => {
                let answer = problem::respond(error, response.request());
                response.into_response(answer.map_into_boxed_body()).map_into_boxed_body()
            }
            None => response.map_into_boxed_body(),
        },
        Err(error) => return Err(error),
    };
    name(response.headers_mut(), &id);
    Ok(for_people(response, indent).await)
}

/// Line breaks in JSON for who asks for them. What is streamed, and what is no JSON, goes out as it is.
async fn for_people(response: ServiceResponse, indent: Option<usize>) -> ServiceResponse {
    let media = response.headers().get(CONTENT_TYPE).and_then(|media| media.to_str().ok()).unwrap_or_default();
    let json = media.starts_with("application/json") || media.starts_with("application/problem+json");
    let Some(width) = indent.filter(|_| json && matches!(response.response().body().size(), BodySize::Sized(_))) else {
        return response;
    };
    let (request, mut response) = response.into_parts();
    response.headers_mut().append(VARY, HeaderValue::from_static("Accept"));
    let (head, body) = response.into_parts();
    let bytes = to_bytes(body).await.unwrap_or_default();
    ServiceResponse::new(request, head.set_body(BoxBody::new(indent::indented(&bytes, width))))
}

fn name(headers: &mut HeaderMap, id: &str) {
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(HEADER, value);
    }
}

/// 405 with the methods that exist. Asked before the router, which would take `PATCH /v1/things/special` for one of
/// `/v1/things/{id}`.
fn check_method(request: &ServiceRequest) -> Result<(), Error> {
    let allow = request.app_data::<web::Data<KnownPaths>>().and_then(|known| known.methods(request.path()));
    match allow.filter(|allow| allow.split(", ").all(|method| method != request.method().as_str())) {
        Some(allow) => Err(Error::new(Code::MethodNotAllowed).with("allow", allow)),
        None => Ok(()),
    }
}
