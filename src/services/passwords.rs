//! Changing one's own password: proven with the old one, throttled like a login, and the end of every other session.

use std::net::IpAddr;

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter};
use serde_json::json;

use crate::access::ctx::{Actor, Ctx};
use crate::db::Db;
use crate::domain::id::{SessionId, UserId};
use crate::entities::{app_user, session};
use crate::error::{Code, Error, FieldError, Place, Reason};
use crate::services::audit::{self, Subject};
use crate::services::auth;
use crate::services::throttle::Attempt;
use crate::services::users::{self, PASSWORD_MAX, Passwords};

/// What a user asks for, and from where.
pub struct Change {
    pub current: String,
    pub new: String,
    pub address: Option<IpAddr>,
}

/// # Errors
/// `invalid_value` when the new password is too short, too long or the old one; `wrong_password`; `rate_limited`;
/// `concurrent_change` when the password changed meanwhile.
pub async fn change(db: &Db, ctx: &Ctx, passwords: &Passwords, change: Change) -> Result<(), Error> {
    let Actor::User { id, session, .. } = &ctx.actor else { return Err(Error::new(Code::Unauthenticated)) };
    check(&change)?;
    let user = app_user::Entity::find_by_id(*id).one(db.reader()).await?;
    let user = user.ok_or_else(|| Error::new(Code::Unauthenticated))?;
    let attempt = auth::attempt(&user.email, change.address);
    attempt.count(db, ctx).await?;
    if change.current.len() > PASSWORD_MAX || !passwords.verify(change.current, user.password_hash.clone()).await? {
        return Err(Error::new(Code::WrongPassword).at("/current_password"));
    }
    let hash = users::hash_password(change.new).await?;
    db.write(async |txn| replace(txn, ctx, &attempt, (&user, &hash), *session).await).await
}

fn check(change: &Change) -> Result<(), Error> {
    let field = |error: Error| {
        let (code, params) = (error.code(), error.params().clone());
        Error::invalid(vec![FieldError { place: Place::Body, pointer: "/new_password".to_owned(), code, params }])
    };
    users::check_password(&change.new).map_err(field)?;
    if change.new == change.current { Err(field(Error::wrong(Reason::PasswordUnchanged))) } else { Ok(()) }
}

async fn replace(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    attempt: &Attempt,
    (user, hash): (&app_user::Model, &str),
    kept: SessionId,
) -> Result<(), Error> {
    attempt.forgive(txn).await?;
    let update = app_user::Entity::update_many()
        .col_expr(app_user::Column::PasswordHash, Expr::value(hash))
        .col_expr(app_user::Column::Version, Expr::col(app_user::Column::Version).add(1))
        .filter(app_user::Column::Id.eq(user.id))
        .filter(app_user::Column::PasswordHash.eq(user.password_hash.clone()));
    crate::db::change(txn, update, || Error::new(Code::ConcurrentChange)).await?;
    let closed = close_others(txn, ctx, user.id, kept).await?;
    let facts = json!({ "session": kept, "sessions_closed": closed });
    audit::record(txn, ctx, "user.password_changed", Subject::User(user.id), facts).await
}

/// Ends every session of a user but one: whoever knew the old password is out.
async fn close_others(txn: &DatabaseTransaction, ctx: &Ctx, user: UserId, kept: SessionId) -> Result<u64, Error> {
    let closed = session::Entity::update_many()
        .col_expr(session::Column::RevokedAt, Expr::value(ctx.now))
        .filter(session::Column::UserId.eq(user))
        .filter(session::Column::Id.ne(kept))
        .filter(session::Column::RevokedAt.is_null())
        .filter(session::Column::ExpiresAt.gt(ctx.now))
        .exec(txn)
        .await?;
    Ok(closed.rows_affected)
}
