//! The installation and its licence: reading, installing, removing, the trial.

use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter};
use serde_json::json;
use uuid::Uuid;

use crate::access::ctx::Ctx;
use crate::access::keys::LicenceVerifier;
use crate::db::Db;
use crate::domain::installation::Purpose;
use crate::domain::licence::{LicenceFacts, Standing};
use crate::entities::installation;
use crate::error::{Code, Error};
use crate::services::audit::{self, Subject};
use crate::views::limits;

/// What this installation is and what its licence says now.
#[derive(Debug, Clone)]
pub struct Installed {
    pub installation: Uuid,
    pub edition: Option<String>,
    pub standing: Standing,
}

/// What the database is for; `None` when it is new.
pub async fn purpose(db: &Db) -> Result<Option<Purpose>, Error> {
    if db.is_new().await? {
        return Ok(None);
    }
    Ok(installation::Entity::find().one(db.reader()).await?.map(|row| row.purpose))
}

/// Makes the installation's row when the database is new; its id never changes.
pub async fn ensure_installation(db: &Db, ctx: &Ctx, purpose: Purpose) -> Result<Uuid, Error> {
    db.write(async |txn| {
        if let Some(found) = installation::Entity::find().one(txn).await? {
            return Ok(found.id);
        }
        let id: Uuid = ctx.id();
        let row = installation::ActiveModel {
            id: Set(id),
            singleton: Set(1),
            purpose: Set(purpose),
            created_at: Set(ctx.now),
            licence_token: Set(None),
            licence_installed_at: Set(None),
            trial_started_at: Set(None),
        };
        installation::Entity::insert(row).exec_without_returning(txn).await?;
        Ok(id)
    })
    .await
}

async fn row(conn: &impl ConnectionTrait) -> Result<installation::Model, Error> {
    let found = installation::Entity::find().one(conn).await?;
    found.ok_or_else(|| Error::internal("the installation row is missing; start `heller serve` or `heller migrate`"))
}

pub async fn id(conn: &impl ConnectionTrait) -> Result<Uuid, Error> {
    Ok(row(conn).await?.id)
}

/// The licence state for the gate and for `GET /v1/licence`.
pub async fn installed(conn: &impl ConnectionTrait, ctx: &Ctx, verifier: &LicenceVerifier) -> Result<Installed, Error> {
    let row = row(conn).await?;
    let claims = row.licence_token.as_deref().and_then(|token| verifier.claims(token));
    let edition = claims.as_ref().map(|claims| claims.edition.clone());
    let facts = LicenceFacts { claims, trial_started_at: row.trial_started_at };
    Ok(Installed { installation: row.id, edition, standing: facts.standing(row.id, ctx.now) })
}

/// Installs a licence after checking that the vendor signed it.
///
/// # Errors
/// `licence_invalid`.
pub async fn install(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    verifier: &LicenceVerifier,
    token: &str,
) -> Result<Installed, Error> {
    let claims = Some(token).filter(|token| token.len() <= limits::LICENCE).and_then(|token| verifier.claims(token));
    let claims = claims.ok_or_else(|| Error::new(Code::LicenceInvalid).at("/token"))?;
    let id = row(txn).await?.id;
    set_token(txn, ctx, Some(token.to_owned())).await?;
    let details = json!({ "edition": claims.edition, "expires_at": claims.expires_at });
    audit::record(txn, ctx, "licence.installed", Subject::Licence(id), details).await?;
    installed(txn, ctx, verifier).await
}

pub async fn remove(txn: &DatabaseTransaction, ctx: &Ctx) -> Result<(), Error> {
    let id = row(txn).await?.id;
    set_token(txn, ctx, None).await?;
    audit::record(txn, ctx, "licence.removed", Subject::Licence(id), json!({})).await
}

async fn set_token(txn: &DatabaseTransaction, ctx: &Ctx, token: Option<String>) -> Result<(), Error> {
    installation::Entity::update_many()
        .col_expr(installation::Column::LicenceToken, Expr::value(token))
        .col_expr(installation::Column::LicenceInstalledAt, Expr::value(ctx.now))
        .exec(txn)
        .await?;
    Ok(())
}

/// Starts the 30 days, once (feature 7).
///
/// # Errors
/// `trial_already_used`.
pub async fn start_trial(txn: &DatabaseTransaction, ctx: &Ctx, verifier: &LicenceVerifier) -> Result<Installed, Error> {
    let id = row(txn).await?.id;
    let update = installation::Entity::update_many()
        .col_expr(installation::Column::TrialStartedAt, Expr::value(ctx.now))
        .filter(installation::Column::TrialStartedAt.is_null());
    crate::db::change(txn, update, || Error::new(Code::TrialAlreadyUsed)).await?;
    audit::record(txn, ctx, "licence.trial_started", Subject::Licence(id), json!({})).await?;
    installed(txn, ctx, verifier).await
}
