//! Payment accounts.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::day::Day;
use super::money::CurrencyCode;
use crate::domain::account::{LockReason, ProviderKind};
use crate::domain::id::AccountId;
use crate::entities::payment_account;

/// Where money arrives and leaves.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = PaymentAccount)]
pub struct AccountView {
    pub id: AccountId,
    /// A label for people; never sent to a provider.
    #[schema(example = "Hausbank")]
    pub name: String,
    pub provider: ProviderKind,
    #[schema(example = "DE89370400440532013000")]
    pub iban: Option<String>,
    #[schema(value_type = CurrencyCode)]
    pub currency: String,
    /// Whether movements are fetched or imported.
    pub can_receive: bool,
    /// Whether money can go back through the provider.
    pub can_send: bool,
    /// What was booked on or before this day is discarded by every import.
    #[schema(example = "2025-12-31")]
    pub cutoff_date: Option<NaiveDate>,
    /// A hidden account is neither fetched nor imported.
    pub hidden: bool,
    /// Locked by the system itself when the provider wanted a person; runs leave it out until it is unlocked. Sending is
    /// not concerned.
    pub auto_import_locked: bool,
    /// Why it is locked; null when it is not.
    pub auto_import_locked_reason: Option<LockReason>,
    pub version: i64,
    pub created_at: DateTime<Utc>,
}

impl From<payment_account::Model> for AccountView {
    fn from(row: payment_account::Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            provider: row.provider,
            iban: row.iban,
            currency: row.currency.code().to_owned(),
            can_receive: row.can_receive,
            can_send: row.can_send,
            cutoff_date: row.cutoff_date,
            hidden: row.hidden,
            auto_import_locked: row.auto_import_locked_reason.is_some(),
            auto_import_locked_reason: row.auto_import_locked_reason,
            version: row.version,
            created_at: row.created_at,
        }
    }
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateAccount {
    #[schema(example = "Hausbank")]
    pub name: String,
    pub provider: ProviderKind,
    #[schema(example = "DE89370400440532013000")]
    pub iban: Option<String>,
    /// ISO 4217.
    #[schema(value_type = CurrencyCode)]
    pub currency: String,
    /// Default: true where this version can fetch or import movements of the provider.
    pub can_receive: Option<bool>,
    /// Default: true where this version can send through the provider; true is refused elsewhere.
    pub can_send: Option<bool>,
    pub cutoff_date: Option<Day>,
}

/// JSON merge patch: absent keeps, null clears.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountPatch {
    #[serde(default, deserialize_with = "super::present")]
    #[schema(value_type = Option<String>, example = "Hausbank")]
    pub name: Option<Option<String>>,
    #[serde(default, deserialize_with = "super::present")]
    #[schema(value_type = Option<String>, example = "DE89370400440532013000")]
    pub iban: Option<Option<String>>,
    #[serde(default, deserialize_with = "super::present")]
    #[schema(value_type = Option<Day>)]
    pub cutoff_date: Option<Option<Day>>,
}
