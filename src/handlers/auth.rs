//! Login, refresh, logout, me, and the public keys.

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest, HttpResponse, get, post, put, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::answer::Answered;
use super::extract::{Body, Local, Nothing};
use super::problem;
use super::refresh_cookie::{self, RefreshTokenIn};
use crate::access::ctx::{Actor, Ctx};
use crate::access::permission::Permission;
use crate::access::require::{LoggedIn, Public, Require};
use crate::access::role::Role;
use crate::domain::id::UserId;
use crate::error::{Code, Error, FieldError, Place};
use crate::services::auth::{self, Tokens};
use crate::services::licences;
use crate::services::passwords::{self, Change};
use crate::state::AppState;
use crate::views::licence::LicenceView;
use crate::views::limits;

pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(login).service(refresh).service(logout).service(me).service(change_password).service(jwks);
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    #[schema(example = "accountant@demo.example")]
    pub email: String,
    #[schema(example = "correct horse battery staple")]
    pub password: String,
    /// `cookie` for web pages: the refresh token comes as a cookie that scripts cannot read.
    #[serde(default)]
    pub refresh_token_in: RefreshTokenIn,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// Absent when the request carries the cookie.
    pub refresh_token: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    /// What the user logs in with now.
    #[schema(example = "correct horse battery staple")]
    pub current_password: String,
    /// 12 to 200 characters, and another one than now.
    #[schema(example = "blue kettle seven rivers")]
    pub new_password: String,
}

/// A pair of tokens. The access token goes into `Authorization: Bearer …`.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokensView {
    pub access_token: String,
    #[schema(example = "Bearer")]
    pub token_type: &'static str,
    /// Life of the access token, in seconds.
    #[schema(example = 900)]
    pub expires_in: i64,
    /// Good once; every refresh answers a new one. Null when it comes as a cookie.
    #[schema(nullable)]
    pub refresh_token: Option<String>,
}

/// A new pair; the refresh token goes the way it came, or the way the login asks for.
fn answer_tokens(state: &AppState, request: &HttpRequest, (tokens, way): (Tokens, RefreshTokenIn)) -> HttpResponse {
    let mut answer = HttpResponse::Ok();
    answer.insert_header(("Cache-Control", "no-store"));
    let refresh_token = match way {
        RefreshTokenIn::Body => Some(tokens.refresh_token),
        RefreshTokenIn::Cookie => {
            answer.insert_header(("Set-Cookie", refresh_cookie::set(request, &state.config, &tokens.refresh_token)));
            None
        }
    };
    let (access_token, expires_in) = (tokens.access_token, tokens.expires_in_s);
    answer.json(TokensView { access_token, token_type: "Bearer", expires_in, refresh_token })
}

/// The refresh token that a request presents, and how.
fn presented(
    state: &AppState,
    request: &HttpRequest,
    given: Option<String>,
) -> Result<(String, RefreshTokenIn), Error> {
    if let Some(token) = given {
        return Ok((token, RefreshTokenIn::Body));
    }
    let missing = || FieldError {
        place: Place::Body,
        pointer: "/refresh_token".to_owned(),
        code: Code::MissingField,
        params: vec![("field", "refresh_token".to_owned())],
    };
    let token = refresh_cookie::read(request).ok_or_else(|| Error::invalid(vec![missing()]))?;
    refresh_cookie::check(request, &state.config)?;
    Ok((token, RefreshTokenIn::Cookie))
}

/// Who logs out: a caller with an access token, or else a browser with the cookie.
pub enum Leaving {
    Caller(Ctx),
    Browser(String),
}

impl FromRequest for Leaving {
    type Error = Error;
    type Future = Local<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let token = refresh_cookie::read(request).filter(|_| !request.headers().contains_key(AUTHORIZATION));
        let Some(token) = token else {
            let gate = Require::<LoggedIn>::from_request(request, payload);
            return Box::pin(async move { gate.await.map(|caller| Self::Caller(caller.ctx)) });
        };
        let (request, public) = (request.clone(), Public::from_request(request, payload));
        Box::pin(async move {
            public.await?;
            let state = request.app_data::<web::Data<AppState>>();
            let state = state.ok_or_else(|| Error::internal("the application has no state"))?;
            refresh_cookie::check(&request, &state.config).map(|()| Self::Browser(token))
        })
    }
}

/// Who is logged in and what they may do, so that a front end can hide the rest.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    pub id: UserId,
    #[schema(example = "accountant@demo.example")]
    pub email: String,
    pub name: String,
    pub roles: Vec<Role>,
    pub permissions: Vec<Permission>,
    pub licence: LicenceView,
}

fn anonymous(state: &AppState, request: &HttpRequest) -> Ctx {
    Ctx::new(Actor::System, crate::access::request_id::of(request), &state.clock)
}

/// Log in
///
/// With `"refresh_token_in": "cookie"` the refresh token comes as the cookie `heller_refresh` (`HttpOnly`,
/// `SameSite=Strict`, `Secure` but on loopback), which refresh and logout take. The page must be of this server's origin
/// or one in the setting `cors_origins`.
#[utoipa::path(
    post, path = "/v1/auth/login", tag = "Access", operation_id = "auth_login", request_body = Login,
    responses((status = 200, body = TokensView, headers(("Set-Cookie" = String, description = "The refresh token, when asked for."))),
        (status = 401, description = "`invalid_credentials`"), (status = 403, description = "`cross_origin_refused`"), (status = 429, description = "`rate_limited`"))
)]
#[post("/v1/auth/login")]
pub async fn login(
    state: web::Data<AppState>,
    _everybody: Public,
    request: HttpRequest,
    body: Body<Login>,
) -> Answered {
    let ctx = anonymous(&state, &request);
    let address = request.peer_addr().map(|address| address.ip());
    let Login { email, password, refresh_token_in: way } = body.value;
    if way == RefreshTokenIn::Cookie {
        refresh_cookie::check(&request, &state.config)?;
    }
    if email.chars().count() > limits::EMAIL || password.len() > limits::PASSWORD {
        return Err(Error::new(Code::InvalidCredentials));
    }
    let checks = (&state.issuer(), &state.passwords);
    let tokens = auth::login(&state.db, &ctx, checks, (email, password, address)).await?;
    Ok(answer_tokens(&state, &request, (tokens, way)))
}

/// Trade a refresh token for a new pair
///
/// A refresh token is good once. Using an old one again closes the session. Without one in the body the cookie of the
/// login is taken, and the next one answered as a cookie: two tabs must not do that at once.
#[utoipa::path(
    post, path = "/v1/auth/refresh", tag = "Access", operation_id = "auth_refresh", request_body = Refresh,
    responses((status = 200, body = TokensView, headers(("Set-Cookie" = String, description = "The next refresh token, when this one came as a cookie."))),
        (status = 401, description = "`refresh_token_invalid`, `refresh_token_reused`", headers(("Set-Cookie" = String, description = "Takes a worthless cookie away."))),
        (status = 403, description = "`cross_origin_refused`")),
    security((), ("refresh_cookie" = []))
)]
#[post("/v1/auth/refresh")]
pub async fn refresh(
    state: web::Data<AppState>,
    _everybody: Public,
    request: HttpRequest,
    body: Body<Refresh>,
) -> Answered {
    let ctx = anonymous(&state, &request);
    let (token, way) = presented(&state, &request, body.value.refresh_token)?;
    let tokens = match token.len() {
        ..=limits::REFRESH_TOKEN => auth::refresh(&state.db, &ctx, &state.issuer(), &token).await,
        _ => Err(Error::new(Code::RefreshTokenInvalid)),
    };
    match tokens {
        Ok(tokens) => Ok(answer_tokens(&state, &request, (tokens, way))),
        // A browser would send a worthless cookie again and again.
        Err(error) if way == RefreshTokenIn::Cookie && problem::status_of(error.code()) == StatusCode::UNAUTHORIZED => {
            let mut answer = problem::respond(&error, &request);
            refresh_cookie::take_away(&request, answer.headers_mut())?;
            Ok(answer)
        }
        Err(error) => Err(error),
    }
}

/// Log out: the session's tokens are worthless from now on
///
/// Without an access token the cookie of the login says which session ends; the cookie is taken away.
#[utoipa::path(
    post, path = "/v1/auth/logout", tag = "Access", operation_id = "auth_logout",
    responses((status = 204, description = "Logged out", headers(("Set-Cookie" = String, description = "Takes the cookie away."))),
        (status = 403, description = "`cross_origin_refused`")), security(("bearer" = []), ("refresh_cookie" = []))
)]
#[post("/v1/auth/logout")]
pub async fn logout(
    state: web::Data<AppState>,
    leaving: Leaving,
    request: HttpRequest,
    _body: Body<Nothing>,
) -> Answered {
    match &leaving {
        Leaving::Caller(caller) => state.db.write(async |txn| auth::logout(txn, caller).await).await?,
        Leaving::Browser(token) => auth::logout_with(&state.db, &anonymous(&state, &request), token).await?,
    }
    let mut answer = HttpResponse::NoContent().finish();
    if refresh_cookie::read(&request).is_some() {
        refresh_cookie::take_away(&request, answer.headers_mut())?;
    }
    Ok(answer)
}

/// Who am I
#[utoipa::path(
    get, path = "/v1/auth/me", tag = "Access", operation_id = "auth_me",
    responses((status = 200, body = Me)), security(("bearer" = []))
)]
#[get("/v1/auth/me")]
pub async fn me(state: web::Data<AppState>, caller: Require<LoggedIn>) -> Answered {
    let Actor::User { id, roles, .. } = &caller.actor else { return Err(Error::new(Code::Unauthenticated)) };
    let (email, name) = crate::services::users::identity(state.db.reader(), *id).await?;
    let mut permissions: Vec<Permission> = roles.iter().flat_map(|role| role.permissions()).copied().collect();
    permissions.sort();
    permissions.dedup();
    let installed = licences::installed(state.db.reader(), &caller, &state.licences).await?;
    let me = Me { id: *id, email, name, roles: roles.clone(), permissions, licence: installed.into() };
    Ok(HttpResponse::Ok().json(me))
}

/// Change one's own password
///
/// Every other session of this user ends; this one goes on. Wrong passwords are counted like failed logins.
#[utoipa::path(
    put, path = "/v1/auth/password", tag = "Access", operation_id = "auth_password_change", request_body = ChangePassword,
    responses((status = 204, description = "Changed; every other session is closed"), (status = 409, description = "`concurrent_change`"),
        (status = 422, description = "`wrong_password`, or `invalid_value` for the new one"), (status = 429, description = "`rate_limited`")),
    security(("bearer" = [])))]
#[put("/v1/auth/password")]
pub async fn change_password(
    state: web::Data<AppState>,
    caller: Require<LoggedIn>,
    request: HttpRequest,
    body: Body<ChangePassword>,
) -> Answered {
    let ChangePassword { current_password: current, new_password: new } = body.value;
    let address = request.peer_addr().map(|address| address.ip());
    passwords::change(&state.db, &caller, &state.passwords, Change { current, new, address }).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Public keys of the access tokens (RFC 7517)
#[utoipa::path(
    get, path = "/.well-known/jwks.json", tag = "Access", operation_id = "auth_jwks",
    responses((status = 200, description = "JSON Web Key Set", body = Object))
)]
#[get("/.well-known/jwks.json")]
pub async fn jwks(state: web::Data<AppState>, _everybody: Public) -> HttpResponse {
    HttpResponse::Ok().insert_header(("Cache-Control", "public, max-age=300")).json(state.tokens.jwks())
}
