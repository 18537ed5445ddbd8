//! Around every request: the request id goes out with the answer, and an error gets its problem body in the language
//! of the request.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{HeaderMap, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error as ActixError, HttpMessage, web};

use super::problem;
use crate::access::known_paths::KnownPaths;
use crate::access::request_id::{HEADER, ensure};
use crate::error::{Code, Error};

/// Says of a request that it was a HEAD: an answer without an end need not begin.
pub struct HeadOnly;

/// Adds the id to the answer, and gives an error its answer in the request's language.
pub async fn around(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, ActixError> {
    let id = ensure(&request);
    // HEAD is GET without the body. The connection has noted the method and leaves the body out.
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
        request.extensions_mut().insert(HeadOnly);
    }
    if let Err(error) = check_method(&request) {
        let mut response = problem::respond(&error, request.request());
        name(response.headers_mut(), &id);
        return Ok(request.into_response(response).map_into_boxed_body());
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
    Ok(response)
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
