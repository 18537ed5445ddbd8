//! Customers.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::id::CustomerId;
use crate::entities::customer;

/// Somebody who buys.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Customer)]
pub struct CustomerView {
    pub id: CustomerId,
    #[schema(example = "KD-2026-00001")]
    pub number: String,
    /// Unique number of the partner that made it.
    pub external_number: Option<String>,
    #[schema(example = "Erika Muster")]
    pub name: String,
    pub email: Option<String>,
    pub address: Option<String>,
    #[schema(example = "DE89370400440532013000")]
    pub iban: Option<String>,
    pub version: i64,
    pub created_at: DateTime<Utc>,
}

impl From<customer::Model> for CustomerView {
    fn from(row: customer::Model) -> Self {
        Self {
            id: row.id,
            number: row.number,
            external_number: row.external_number,
            name: row.name,
            email: row.email,
            address: row.address,
            iban: row.iban,
            version: row.version,
            created_at: row.created_at,
        }
    }
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateCustomer {
    #[schema(example = "Erika Muster")]
    pub name: String,
    pub email: Option<String>,
    pub address: Option<String>,
    #[schema(example = "DE89370400440532013000")]
    pub iban: Option<String>,
    pub external_number: Option<String>,
}
