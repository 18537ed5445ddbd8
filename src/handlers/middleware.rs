//! Around every request: the request id goes out with the answer, and an error gets its problem body in the language
//! of the request.

use actix_web::Error as ActixError;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::HeaderValue;
use actix_web::middleware::Next;

use super::problem;
use crate::access::request_id::{HEADER, ensure};
use crate::error::Error;

/// Adds the id to the answer, and gives an error its answer in the request's language.
pub async fn around(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, ActixError> {
    let id = ensure(&request);
    // HEAD is GET without the body. The connection has noted the method and leaves the body out.
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
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
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HEADER, value);
    }
    Ok(response)
}
