//! Users and their passwords. A hash is made and checked off the request threads, two at a time: argon2 needs 19 MiB
//! and tens of milliseconds each, on purpose.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
};
use serde_json::json;
use tokio::sync::Semaphore;

use crate::access::ctx::{Actor, Ctx};
use crate::access::role::Role;
use crate::domain::id::UserId;
use crate::domain::text::composed;
use crate::entities::{app_user, user_role};
use crate::error::{Code, Error, Reason};
use crate::services::audit::{self, Subject};

pub use crate::views::limits::{PASSWORD as PASSWORD_MAX, PASSWORD_LEAST as PASSWORD_MIN};

/// Whether a new password has a length that is allowed: what `heller user create` and the API both ask.
///
/// # Errors
/// `invalid_value`.
pub fn check_password(password: &str) -> Result<(), Error> {
    // Blanks alone are no secret.
    let length = if password.trim().is_empty() { 0 } else { password.chars().count() };
    if (PASSWORD_MIN..=PASSWORD_MAX).contains(&length) && password.len() <= PASSWORD_MAX {
        return Ok(());
    }
    Err(Error::wrong(Reason::PasswordLength).with("min", PASSWORD_MIN).with("max", PASSWORD_MAX))
}

static HASHING: Semaphore = Semaphore::const_new(2);

/// Hashes a password with Argon2id (19 MiB, 2 passes: the floor OWASP names).
pub async fn hash_password(password: String) -> Result<String, Error> {
    let _permit = HASHING.acquire().await.map_err(Error::internal)?;
    let hashed = tokio::task::spawn_blocking(move || {
        // Keyboards differ in how they send an ä; it is one password all the same.
        let hash: Result<PasswordHash, _> = Argon2::default().hash_password(composed(&password).as_bytes());
        hash.map(|hash| hash.to_string())
    });
    hashed.await.map_err(Error::internal)?.map_err(Error::internal)
}

/// Checks passwords and counts how often: whether an unknown user costs as much as a known one cannot be told from the
/// answer.
#[derive(Debug, Clone, Default)]
pub struct Passwords {
    verifications: Arc<AtomicU64>,
}

impl Passwords {
    /// Whether a password is the one of a hash.
    ///
    /// # Errors
    /// When the thread for it is lost.
    pub async fn verify(&self, password: String, hash: String) -> Result<bool, Error> {
        let _permit = HASHING.acquire().await.map_err(Error::internal)?;
        let verifications = Arc::clone(&self.verifications);
        let checked = tokio::task::spawn_blocking(move || {
            PasswordHash::new(&hash).is_ok_and(|hash| {
                verifications.fetch_add(1, Ordering::Relaxed);
                Argon2::default().verify_password(composed(&password).as_bytes(), &hash).is_ok()
            })
        });
        checked.await.map_err(Error::internal)
    }

    /// Passwords that argon2 has looked at.
    pub fn verifications(&self) -> u64 {
        self.verifications.load(Ordering::Relaxed)
    }
}

/// A new user; the password comes in hashed, so that no transaction waits for argon2.
#[derive(Debug, Clone)]
pub struct NewUser {
    pub email: String,
    pub name: String,
    pub password_hash: String,
    pub roles: Vec<Role>,
}

/// # Errors
/// `duplicate_email`.
pub async fn create(txn: &DatabaseTransaction, ctx: &Ctx, new: NewUser) -> Result<UserId, Error> {
    let id: UserId = ctx.id();
    let row = app_user::ActiveModel {
        id: Set(id),
        email: Set(new.email.trim().to_lowercase()),
        name: Set(new.name),
        password_hash: Set(new.password_hash),
        active: Set(true),
        version: Set(1),
        created_at: Set(ctx.now),
    };
    app_user::Entity::insert(row).exec_without_returning(txn).await.map_err(|error| {
        if crate::error::is_duplicate(&error) { Error::new(Code::DuplicateEmail).at("/email") } else { error.into() }
    })?;
    for role in &new.roles {
        let row = user_role::ActiveModel { user_id: Set(id), role: Set(*role) };
        user_role::Entity::insert(row).exec_without_returning(txn).await?;
    }
    audit::record(txn, ctx, "user.created", Subject::User(id), json!({ "roles": new.roles })).await?;
    Ok(id)
}

pub async fn find_by_email(conn: &impl ConnectionTrait, email: &str) -> Result<Option<app_user::Model>, Error> {
    let email = email.trim().to_lowercase();
    Ok(app_user::Entity::find().filter(app_user::Column::Email.eq(email)).one(conn).await?)
}

/// An active user as an actor without a session: for commands of whoever may open the database anyway.
pub async fn acting(conn: &impl ConnectionTrait, email: &str) -> Result<Option<Actor>, Error> {
    let Some(user) = find_by_email(conn, email).await?.filter(|user| user.active) else { return Ok(None) };
    Ok(Some(Actor::User { id: user.id, session: uuid::Uuid::nil().into(), roles: roles(conn, user.id).await? }))
}

pub async fn roles(conn: &impl ConnectionTrait, id: UserId) -> Result<Vec<Role>, Error> {
    let rows = user_role::Entity::find().filter(user_role::Column::UserId.eq(id)).all(conn).await?;
    let mut roles: Vec<Role> = rows.into_iter().map(|row| row.role).collect();
    roles.sort();
    Ok(roles)
}

/// E-mail and name of a user.
///
/// # Errors
/// `unauthenticated` when the user is gone.
pub async fn identity(conn: &impl ConnectionTrait, id: UserId) -> Result<(String, String), Error> {
    let found = app_user::Entity::find_by_id(id).one(conn).await?;
    found.map(|user| (user.email, user.name)).ok_or_else(|| Error::new(Code::Unauthenticated))
}

/// Every user with their roles, by e-mail address.
pub async fn list(conn: &impl ConnectionTrait) -> Result<Vec<(app_user::Model, Vec<Role>)>, Error> {
    let found = app_user::Entity::find().order_by_asc(app_user::Column::Email).all(conn).await?;
    let mut roles: HashMap<UserId, Vec<Role>> = HashMap::new();
    for row in user_role::Entity::find().all(conn).await? {
        roles.entry(row.user_id).or_default().push(row.role);
    }
    let with_roles = |user: app_user::Model| {
        let mut roles = roles.remove(&user.id).unwrap_or_default();
        roles.sort();
        (user, roles)
    };
    Ok(found.into_iter().map(with_roles).collect())
}
