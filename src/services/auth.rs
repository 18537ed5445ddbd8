//! Login, refresh with rotation, logout, and who a token belongs to.
//!
//! A refresh token is 256 random bits, stored as SHA-256, good once. Using an old one again revokes the whole session:
//! either the client or a thief lost a race, and nobody can tell which. A wrong password and an unknown user cost the
//! same time and get the same answer; failures are counted per account and per address.

use std::net::IpAddr;

use chrono::{DateTime, Duration, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, FromQueryResult, QueryFilter,
    Statement,
};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;

use crate::access::ctx::{Actor, Ctx};
use crate::access::keys::{self, TokenSigner};
use crate::access::role::Role;
use crate::db::Db;
use crate::domain::id::{SessionId, UserId};
use crate::entities::{app_user, refresh_token, session};
use crate::error::{Code, Error};
use crate::services::audit::{self, Subject};
use crate::services::throttle::Attempt;
use crate::services::users::{self, Passwords};

/// Longest life of a session, however often it is refreshed.
const SESSION_DAYS: i64 = 30;

/// What a login or refresh answers.
#[derive(Debug, Clone)]
pub struct Tokens {
    pub access_token: String,
    pub refresh_token: String,
    pub expires_in_s: i64,
}

/// Who signs and for how long.
pub struct Issuer<'a> {
    pub signer: &'a TokenSigner,
    pub refresh_hours: i64,
}

/// Checks e-mail and password and opens a session.
///
/// # Errors
/// `invalid_credentials`, `rate_limited` with the seconds to wait.
pub async fn login(
    db: &Db,
    ctx: &Ctx,
    (issuer, passwords): (&Issuer<'_>, &Passwords),
    (email, password, address): (String, String, Option<IpAddr>),
) -> Result<Tokens, Error> {
    let attempt = attempt(&email, address);
    attempt.count(db, ctx).await?;
    let user = users::find_by_email(db.reader(), &email).await?;
    let stored = match &user {
        Some(user) => user.password_hash.clone(),
        None => nobodys_hash().await?,
    };
    let right = passwords.verify(password, stored).await?;
    match user.filter(|user| right && user.active) {
        Some(user) => {
            db.write(async |txn| {
                attempt.forgive(txn).await?;
                still(txn, &user).await?;
                open_session(txn, ctx, issuer, user.id).await
            })
            .await
        }
        None => Err(Error::new(Code::InvalidCredentials)),
    }
}

/// What a try with this account's password is counted as.
pub fn attempt(email: &str, address: Option<IpAddr>) -> Attempt {
    Attempt::of(&hash(&email.trim().to_lowercase()), address)
}

/// That the password which was right a moment ago still is: changing it closes sessions, and must not miss this one.
async fn still(txn: &DatabaseTransaction, user: &app_user::Model) -> Result<(), Error> {
    let found = crate::db::locked(app_user::Entity::find_by_id(user.id)).one(txn).await?;
    let same = found.is_some_and(|found| found.active && found.password_hash == user.password_hash);
    if same { Ok(()) } else { Err(Error::new(Code::InvalidCredentials)) }
}

/// The hash an unknown user is checked against, so that the answer takes as long as for a known one.
async fn nobodys_hash() -> Result<String, Error> {
    static HASH: OnceCell<String> = OnceCell::const_new();
    HASH.get_or_try_init(|| users::hash_password("nobody has this password".to_owned())).await.cloned()
}

/// Opens a session for a user whose identity is proven.
pub async fn open_session(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    issuer: &Issuer<'_>,
    user: UserId,
) -> Result<Tokens, Error> {
    let id: SessionId = ctx.id();
    let row = session::ActiveModel {
        id: Set(id),
        user_id: Set(user),
        created_at: Set(ctx.now),
        expires_at: Set(after(ctx.now, Duration::days(SESSION_DAYS))),
        revoked_at: Set(None),
    };
    session::Entity::insert(row).exec_without_returning(txn).await?;
    audit::record(txn, ctx, "session.opened", Subject::User(user), json!({ "session": id })).await?;
    issue(txn, ctx, issuer, (user, id)).await
}

async fn issue(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    issuer: &Issuer<'_>,
    who: (UserId, SessionId),
) -> Result<Tokens, Error> {
    let refresh = hex::encode(keys::random_bytes::<32>()?);
    let row = refresh_token::ActiveModel {
        token_hash: Set(hash(&refresh)),
        session_id: Set(who.1),
        created_at: Set(ctx.now),
        expires_at: Set(after(ctx.now, Duration::hours(issuer.refresh_hours))),
        used_at: Set(None),
    };
    refresh_token::Entity::insert(row).exec_without_returning(txn).await?;
    let roles = users::roles(txn, who.0).await?;
    let access_token = issuer.signer.sign(who, roles, ctx.now)?;
    Ok(Tokens { access_token, refresh_token: refresh, expires_in_s: issuer.signer.lifetime_s() })
}

/// Trades a refresh token for a new pair.
///
/// # Errors
/// `refresh_token_reused` when it was traded before: the session is revoked; `refresh_token_invalid` otherwise.
pub async fn refresh(db: &Db, ctx: &Ctx, issuer: &Issuer<'_>, token: &str) -> Result<Tokens, Error> {
    let token_hash = hash(token);
    // Whoever guesses does not get in the way of those who write.
    if refresh_token::Entity::find_by_id(token_hash.clone()).one(db.reader()).await?.is_none() {
        return Err(Error::new(Code::RefreshTokenInvalid));
    }
    // The revocation must be committed although the answer is an error, so the transaction returns it as a value.
    let traded = db.write(async |txn| trade(txn, ctx, issuer, &token_hash).await).await?;
    traded.map_err(Error::new)
}

async fn trade(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    issuer: &Issuer<'_>,
    token_hash: &str,
) -> Result<Result<Tokens, Code>, Error> {
    let Some(found) = refresh_token::Entity::find_by_id(token_hash.to_owned()).one(txn).await? else {
        return Ok(Err(Code::RefreshTokenInvalid));
    };
    let session = session::Entity::find_by_id(found.session_id).one(txn).await?;
    let session = session.ok_or_else(|| Error::inconsistent("refresh_token", "session_id", found.session_id))?;
    let used = refresh_token::Entity::update_many()
        .col_expr(refresh_token::Column::UsedAt, Expr::value(ctx.now))
        .filter(refresh_token::Column::TokenHash.eq(token_hash))
        .filter(refresh_token::Column::UsedAt.is_null())
        .exec(txn)
        .await?;
    if used.rows_affected == 0 {
        revoke(txn, ctx, &session, "session.refresh_token_reused").await?;
        return Ok(Err(Code::RefreshTokenReused));
    }
    let user = app_user::Entity::find_by_id(session.user_id).one(txn).await?;
    let over = session.revoked_at.is_some() || ctx.now >= session.expires_at || ctx.now >= found.expires_at;
    if over || !user.is_some_and(|user| user.active) {
        return Ok(Err(Code::RefreshTokenInvalid));
    }
    issue(txn, ctx, issuer, (session.user_id, session.id)).await.map(Ok)
}

/// Ends the session of the caller: its access and refresh tokens are worthless from now on.
pub async fn logout(txn: &DatabaseTransaction, ctx: &Ctx) -> Result<(), Error> {
    let Actor::User { session, .. } = &ctx.actor else { return Err(Error::new(Code::Unauthenticated)) };
    match session::Entity::find_by_id(*session).one(txn).await? {
        Some(session) => revoke(txn, ctx, &session, "session.closed").await,
        None => Ok(()),
    }
}

/// Ends the session that a refresh token belongs to. A token that belongs to none has nothing to end.
pub async fn logout_with(db: &Db, ctx: &Ctx, token: &str) -> Result<(), Error> {
    let Some(found) = refresh_token::Entity::find_by_id(hash(token)).one(db.reader()).await? else { return Ok(()) };
    db.write(async |txn| match session::Entity::find_by_id(found.session_id).one(txn).await? {
        Some(session) if session.revoked_at.is_none() => revoke(txn, ctx, &session, "session.closed").await,
        _ => Ok(()),
    })
    .await
}

async fn revoke(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    session: &session::Model,
    action: &'static str,
) -> Result<(), Error> {
    session::Entity::update_many()
        .col_expr(session::Column::RevokedAt, Expr::value(ctx.now))
        .filter(session::Column::Id.eq(session.id))
        .filter(session::Column::RevokedAt.is_null())
        .exec(txn)
        .await?;
    audit::record(txn, ctx, action, Subject::User(session.user_id), json!({ "session": session.id })).await
}

/// A caller as the database knows them now, with what the licence gate needs, in one query.
#[derive(Debug, Clone, FromQueryResult)]
struct CallerRow {
    role: Option<Role>,
    active: bool,
    revoked_at: Option<DateTime<Utc>>,
    expires_at: DateTime<Utc>,
    installation: uuid::Uuid,
    licence_token: Option<String>,
    trial_started_at: Option<DateTime<Utc>>,
}

/// Roles of a live session and the raw licence of the installation.
#[derive(Debug, Clone)]
pub struct Caller {
    pub roles: Vec<Role>,
    pub installation: uuid::Uuid,
    pub licence_token: Option<String>,
    pub trial_started_at: Option<DateTime<Utc>>,
}

/// Looks the caller up: roles come from here, never from the token.
///
/// # Errors
/// `unauthenticated` when the session was revoked, has ended, or the user is no longer active.
pub async fn caller(
    conn: &impl ConnectionTrait,
    user: UserId,
    session: SessionId,
    now: DateTime<Utc>,
) -> Result<Caller, Error> {
    let sql = "SELECT r.role, u.active, s.revoked_at, s.expires_at, i.id AS installation, i.licence_token, \
               i.trial_started_at FROM session s JOIN app_user u ON u.id = s.user_id \
               LEFT JOIN user_role r ON r.user_id = u.id CROSS JOIN installation i WHERE s.id = $1 AND u.id = $2";
    let statement = Statement::from_sql_and_values(conn.get_database_backend(), sql, [session.into(), user.into()]);
    let rows = CallerRow::find_by_statement(statement).all(conn).await?;
    let live = |row: &&CallerRow| row.active && row.revoked_at.is_none() && now < row.expires_at;
    let first = rows.first().filter(live).ok_or_else(|| Error::new(Code::Unauthenticated))?;
    let mut roles: Vec<Role> = rows.iter().filter_map(|row| row.role).collect();
    roles.sort();
    Ok(Caller {
        roles,
        installation: first.installation,
        licence_token: first.licence_token.clone(),
        trial_started_at: first.trial_started_at,
    })
}

fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

fn after(now: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    now.checked_add_signed(by).unwrap_or(now)
}
