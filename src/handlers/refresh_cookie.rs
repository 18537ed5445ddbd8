//! The refresh token in a cookie, for web pages that must not be able to read it.
//!
//! No script reads it (`HttpOnly`), no other site sends it (`SameSite=Strict`), it goes to `/v1/auth` only, and over TLS
//! only, but for a browser on this machine. Beside that, whoever comes with the cookie must come from this server's own
//! origin or a listed one: sites of the same domain are not all ours.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header::{COOKIE, HOST, HeaderMap, HeaderValue, ORIGIN, SET_COOKIE};

use super::cors;
use crate::config::Config;
use crate::error::{Code, Error, Reason};

pub const NAME: &str = "heller_refresh";
const PATH: &str = "/v1/auth";

crate::codes! {
    /// How the refresh token travels: members of bodies, or a cookie that scripts cannot read.
    #[derive(Default)]
    pub enum RefreshTokenIn {
        #[default]
        Body = "body",
        Cookie = "cookie",
    }
}

/// The token of a request's cookie.
pub fn read(request: &HttpRequest) -> Option<String> {
    let headers = request.headers().get_all(COOKIE).filter_map(|value| value.to_str().ok());
    let pairs = headers.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let found = pairs.filter(|(name, _)| *name == NAME).map(|(_, value)| value).find(|value| !value.is_empty());
    found.map(str::to_owned)
}

/// Whether the page that asks may use the cookie. A browser names the origin of every POST; what names none is no
/// browser, unless it says that it comes from another site.
///
/// # Errors
/// `cross_origin_refused`.
pub fn check(request: &HttpRequest, config: &Config) -> Result<(), Error> {
    let headers = request.headers();
    let site = headers.get("Sec-Fetch-Site").map(|value| value.as_bytes());
    if !headers.contains_key(ORIGIN) && matches!(site, Some(b"cross-site" | b"same-site")) {
        let refused = Error::new(Code::CrossOriginRefused).with("reason", Reason::OriginUnlisted);
        return Err(refused.with("origin", "-"));
    }
    cors::check(headers, &config.cors_origins)
}

/// `Set-Cookie` for a new token.
pub fn set(request: &HttpRequest, config: &Config, token: &str) -> String {
    write(request, token, u64::from(config.refresh_token_hours).saturating_mul(3600))
}

/// Lets an answer take the cookie away.
///
/// # Errors
/// When our own cookie is no header: our own fault.
pub fn take_away(request: &HttpRequest, headers: &mut HeaderMap) -> Result<(), Error> {
    headers.insert(SET_COOKIE, HeaderValue::from_str(&clear(request)).map_err(Error::internal)?);
    Ok(())
}

fn clear(request: &HttpRequest) -> String {
    write(request, "", 0)
}

fn write(request: &HttpRequest, token: &str, seconds: u64) -> String {
    let secure = if is_local(request) { "" } else { "; Secure" };
    format!("{NAME}={token}; Path={PATH}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
}

/// Whether the browser runs on this machine and asks it directly: then there is no TLS, and nobody between.
fn is_local(request: &HttpRequest) -> bool {
    let forwarded = ["Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host"];
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name).trim_matches(['[', ']']);
    let loopback = name == "localhost" || name.parse().is_ok_and(|address: IpAddr| address.is_loopback());
    loopback
        && request.peer_addr().is_some_and(|peer| peer.ip().to_canonical().is_loopback())
        && !forwarded.iter().any(|name| request.headers().contains_key(*name))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn request(headers: &[(&'static str, &'static str)]) -> HttpRequest {
        let start = TestRequest::default().peer_addr(([127, 0, 0, 1], 4000).into());
        headers.iter().fold(start, |request, header| request.insert_header(*header)).to_http_request()
    }

    #[test]
    fn only_a_browser_on_this_machine_gets_a_cookie_for_plain_http() {
        for host in ["localhost:8686", "127.0.0.1:8686", "[::1]:8686", "localhost"] {
            assert!(!clear(&request(&[("Host", host)])).contains("Secure"), "{host}");
        }
        assert!(clear(&request(&[("Host", "api.example.com")])).contains("; Secure"));
        assert!(clear(&request(&[("Host", "localhost.example.com:8686")])).contains("; Secure"));
        assert!(clear(&request(&[("Host", "127.0.0.1:8686"), ("X-Forwarded-Proto", "https")])).contains("; Secure"));
        let far = TestRequest::default().peer_addr(([192, 0, 2, 1], 4000).into()).insert_header(("Host", "localhost"));
        assert!(clear(&far.to_http_request()).contains("; Secure"));
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        assert_eq!(read(&request(&[("Cookie", "a=b; heller_refresh=0123; c=d")])).as_deref(), Some("0123"));
        for none in ["a=b", "heller_refresh=", "not_heller_refresh=0123"] {
            assert_eq!(read(&request(&[("Cookie", none)])), None, "{none}");
        }
    }
}
