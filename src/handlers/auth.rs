//! Login, refresh, logout, me, and the public keys.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::answer::Answered;
use super::extract::{Body, Nothing};
use crate::access::ctx::{Actor, Ctx};
use crate::access::permission::Permission;
use crate::access::require::{LoggedIn, Public, Require};
use crate::access::role::Role;
use crate::domain::id::UserId;
use crate::error::{Code, Error};
use crate::services::auth::{self, Tokens};
use crate::services::licences;
use crate::state::AppState;
use crate::views::licence::LicenceView;

pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(login).service(refresh).service(logout).service(me).service(jwks);
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    #[schema(example = "accountant@demo.example", max_length = 200)]
    pub email: String,
    #[schema(example = "correct horse battery staple", max_length = 200)]
    pub password: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    #[schema(max_length = 200)]
    pub refresh_token: String,
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
    /// Good once; every refresh answers a new one.
    pub refresh_token: String,
}

impl From<Tokens> for TokensView {
    fn from(tokens: Tokens) -> Self {
        Self {
            access_token: tokens.access_token,
            token_type: "Bearer",
            expires_in: tokens.expires_in_s,
            refresh_token: tokens.refresh_token,
        }
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
#[utoipa::path(
    post, path = "/v1/auth/login", tag = "Access", operation_id = "auth_login", request_body = Login,
    responses((status = 200, body = TokensView), (status = 401, description = "`invalid_credentials`"), (status = 429, description = "`rate_limited`"))
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
    let Login { email, password } = body.value;
    if email.len() > 200 || password.len() > crate::services::users::PASSWORD_MAX {
        return Err(Error::new(Code::InvalidCredentials));
    }
    let checks = (&state.issuer(), &state.passwords);
    let tokens = auth::login(&state.db, &ctx, checks, (email, password, address)).await?;
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(TokensView::from(tokens)))
}

/// Trade a refresh token for a new pair
///
/// A refresh token is good once. Using an old one again closes the session.
#[utoipa::path(
    post, path = "/v1/auth/refresh", tag = "Access", operation_id = "auth_refresh", request_body = Refresh,
    responses((status = 200, body = TokensView), (status = 401, description = "`refresh_token_invalid`, `refresh_token_reused`"))
)]
#[post("/v1/auth/refresh")]
pub async fn refresh(
    state: web::Data<AppState>,
    _everybody: Public,
    request: HttpRequest,
    body: Body<Refresh>,
) -> Answered {
    let ctx = anonymous(&state, &request);
    if body.refresh_token.len() > 200 {
        return Err(Error::new(Code::RefreshTokenInvalid));
    }
    let tokens = auth::refresh(&state.db, &ctx, &state.issuer(), &body.refresh_token).await?;
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(TokensView::from(tokens)))
}

/// Log out: the session's tokens are worthless from now on
#[utoipa::path(
    post, path = "/v1/auth/logout", tag = "Access", operation_id = "auth_logout",
    responses((status = 204, description = "Logged out")), security(("bearer" = []))
)]
#[post("/v1/auth/logout")]
pub async fn logout(state: web::Data<AppState>, caller: Require<LoggedIn>, _body: Body<Nothing>) -> Answered {
    state.db.write(async |txn| auth::logout(txn, &caller).await).await?;
    Ok(HttpResponse::NoContent().finish())
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

/// Public keys of the access tokens (RFC 7517)
#[utoipa::path(
    get, path = "/.well-known/jwks.json", tag = "Access", operation_id = "auth_jwks",
    responses((status = 200, description = "JSON Web Key Set", body = Object))
)]
#[get("/.well-known/jwks.json")]
pub async fn jwks(state: web::Data<AppState>, _everybody: Public) -> HttpResponse {
    HttpResponse::Ok().insert_header(("Cache-Control", "public, max-age=300")).json(state.tokens.jwks())
}
