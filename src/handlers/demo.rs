//! What only a demo has: its documentation page logs its accountant in by itself, so that "Try it out" works at once.
//!
//! Registered for `heller demo` alone, which listens on 127.0.0.1 alone. The token is for this server's own pages: a
//! request that names another host (DNS rebinding), comes from another page, or through a proxy, gets none.

use actix_web::http::header::{CACHE_CONTROL, HOST, ORIGIN};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::answer::Answered;
use super::cors;
use crate::access::ctx::{Actor, Ctx};
use crate::config::Origins;
use crate::error::{Code, Error, Kind, Reason};
use crate::services::{auth, users};
use crate::state::AppState;

/// Who reads the demo's documentation.
const READER: &str = "accountant@demo.example";
pub fn configure(config: &mut web::ServiceConfig) {
    config.route("/demo/token", web::get().to(token));
}

async fn token(state: web::Data<AppState>, request: HttpRequest) -> Answered {
    check(&request)?;
    let ctx = Ctx::new(Actor::System, crate::access::request_id::of(&request), &state.clock);
    let reader = users::find_by_email(state.db.reader(), READER).await?.filter(|user| user.active);
    let reader = reader.ok_or_else(|| Error::not_found(Kind::Address))?;
    let issuer = state.issuer();
    let tokens = state.db.write(async |txn| auth::open_session(txn, &ctx, &issuer, reader.id).await).await?;
    let answer = json!({ "access_token": tokens.access_token, "expires_in": tokens.expires_in_s });
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(answer))
}

/// That the page which asks is this server's own, asked for by the name of this machine.
///
/// # Errors
/// `cross_origin_refused`.
fn check(request: &HttpRequest) -> Result<(), Error> {
    let header = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap_or("?"));
    let host = header(HOST.as_str()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let local = ["127.0.0.1", "localhost"].contains(&name);
    let own_page = header("Sec-Fetch-Site") == Some("same-origin");
    let direct = ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host"].iter().all(|name| header(name).is_none());
    let near = request.peer_addr().is_some_and(|peer| peer.ip().to_canonical().is_loopback());
    if local && own_page && direct && near {
        return cors::check(request.headers(), &Origins::default());
    }
    let origin = header(ORIGIN.as_str()).unwrap_or("-").chars().take(200).collect::<String>();
    Err(Error::new(Code::CrossOriginRefused).with("reason", Reason::OriginUnlisted).with("origin", origin))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn asked(headers: &[(&'static str, &'static str)]) -> Result<(), Error> {
        let start = TestRequest::default().peer_addr(([127, 0, 0, 1], 4000).into());
        check(&headers.iter().fold(start, |request, header| request.insert_header(*header)).to_http_request())
    }

    #[test]
    fn only_a_page_of_this_server_on_this_machine_gets_a_token() {
        let host = ("Host", "127.0.0.1:8686");
        let own = ("Sec-Fetch-Site", "same-origin");
        assert!(asked(&[("Host", "localhost:8686"), own]).is_ok());
        assert!(asked(&[host, own, ("Origin", "http://127.0.0.1:8686")]).is_ok());
        for refused in [
            vec![host],
            vec![host, own, ("Origin", "http://127.0.0.1:5173")],
            vec![host, own, ("Origin", "null")],
            vec![host, ("Sec-Fetch-Site", "cross-site")],
            vec![host, ("Sec-Fetch-Site", "none")],
            vec![host, own, ("X-Forwarded-For", "192.0.2.7")],
            vec![("Host", "rebound.example:8686"), own, ("Origin", "http://rebound.example:8686")],
            vec![("Host", "127.0.0.1.rebound.example"), own],
        ] {
            assert_eq!(asked(&refused).unwrap_err().code(), Code::CrossOriginRefused, "{refused:?}");
        }
        let far =
            TestRequest::default().peer_addr(([192, 0, 2, 7], 4000).into()).insert_header(host).insert_header(own);
        assert!(check(&far.to_http_request()).is_err());
    }
}
