//! Settings of the business, kept in the database, changed over the API and audited.

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ConnectionTrait, DatabaseTransaction, EntityTrait, ExprTrait};
use serde_json::json;

use crate::access::ctx::Ctx;
use crate::domain::approval::FourEyes;
use crate::domain::movement::UnassignedReturns;
use crate::entities::setting;
use crate::error::{Code, Error};
use crate::services::audit::{self, Subject};

/// The settings that exist so far, with the defaults of domain.md appendix C.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pub four_eyes: FourEyes,
    pub auto_assign_after_run: bool,
    pub auto_assign_max_age_days: i64,
    pub allow_return_of_unassigned: bool,
    pub match_prenoted_by_purpose: bool,
    pub version: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            four_eyes: FourEyes::Always,
            auto_assign_after_run: false,
            auto_assign_max_age_days: 90,
            allow_return_of_unassigned: false,
            match_prenoted_by_purpose: true,
            version: 1,
        }
    }
}

impl Settings {
    pub const fn unassigned_returns(&self) -> UnassignedReturns {
        if self.allow_return_of_unassigned { UnassignedReturns::Allowed } else { UnassignedReturns::Refused }
    }

    fn rows(&self) -> [(&'static str, String); 5] {
        [
            ("four_eyes", self.four_eyes.as_text()),
            ("auto_assign_after_run", self.auto_assign_after_run.to_string()),
            ("auto_assign_max_age_days", self.auto_assign_max_age_days.to_string()),
            ("allow_return_of_unassigned", self.allow_return_of_unassigned.to_string()),
            ("match_prenoted_by_purpose", self.match_prenoted_by_purpose.to_string()),
        ]
    }
}

pub async fn load(conn: &impl ConnectionTrait) -> Result<Settings, Error> {
    let mut settings = Settings::default();
    for row in setting::Entity::find().all(conn).await? {
        let wrong = || Error::inconsistent("setting", "value", &row.name);
        let flag = || row.value.parse::<bool>().map_err(|_| wrong());
        match row.name.as_str() {
            "four_eyes" => settings.four_eyes = FourEyes::parse(&row.value).ok_or_else(wrong)?,
            "auto_assign_after_run" => settings.auto_assign_after_run = flag()?,
            "auto_assign_max_age_days" => {
                settings.auto_assign_max_age_days = row.value.parse().map_err(|_| wrong())?;
            }
            "allow_return_of_unassigned" => settings.allow_return_of_unassigned = flag()?,
            "match_prenoted_by_purpose" => settings.match_prenoted_by_purpose = flag()?,
            _ => return Err(Error::inconsistent("setting", "name", &row.name)),
        }
        settings.version = Ord::max(settings.version, row.version);
    }
    Ok(settings)
}

/// Replaces all settings.
///
/// # Errors
/// `version_mismatch` when somebody else changed them since, or does at this moment.
pub async fn replace(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    expected: Option<i64>,
    new: Settings,
) -> Result<Settings, Error> {
    let current = load(txn).await?;
    crate::db::check_version(expected, current.version)?;
    let version = current.version.checked_add(1).ok_or_else(|| Error::new(Code::Internal))?;
    for (name, value) in new.rows() {
        let row = setting::ActiveModel {
            name: Set(name.to_owned()),
            value: Set(value),
            updated_at: Set(ctx.now),
            updated_by: Set(ctx.user_id()),
            version: Set(version),
        };
        let conflict = OnConflict::column(setting::Column::Name)
            .update_columns([
                setting::Column::Value,
                setting::Column::UpdatedAt,
                setting::Column::UpdatedBy,
                setting::Column::Version,
            ])
            .action_and_where(Expr::col((setting::Entity, setting::Column::Version)).eq(current.version))
            .to_owned();
        // A reader took no lock: whoever came second finds another version in the row.
        if setting::Entity::insert(row).on_conflict(conflict).exec_without_returning(txn).await? == 0 {
            let current = load(txn).await?.version;
            return Err(Error::new(Code::VersionMismatch).with("current_version", current));
        }
    }
    let details = json!({ "before": current.rows(), "after": new.rows() });
    audit::record(txn, ctx, "settings.changed", Subject::Settings(uuid::Uuid::nil()), details).await?;
    Ok(Settings { version, ..new })
}
