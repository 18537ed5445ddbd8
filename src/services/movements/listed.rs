//! A movement as lists show it, read by hand: the columns of the view and no other, each by its place. Half of them are
//! null as a rule, and what sea-orm does for a null by name costs more than the database does for the page.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::QueryResult;
use sea_orm::sqlx::{self, Row};
use uuid::Uuid;

use crate::domain::id::{AccountId, MovementId};
use crate::domain::money::{Currency, Money};
use crate::domain::movement::{BookingType, ImportChannel, MovementFacts, MovementStatus};
use crate::entities::account_movement::{Column, Model};
use crate::error::Error;

pub const COLUMNS: [Column; 27] = [
    Column::Id,
    Column::AccountId,
    Column::TransactionId,
    Column::BookingDate,
    Column::ValueDate,
    Column::AmountMinor,
    Column::FreeMinor,
    Column::Currency,
    Column::BookingType,
    Column::Status,
    Column::StatusText,
    Column::CounterpartyName,
    Column::CounterpartyIban,
    Column::CounterpartyBic,
    Column::Purpose,
    Column::Reference,
    Column::EndToEndId,
    Column::MandateId,
    Column::RelatedTransactionId,
    Column::ParentMovementId,
    Column::InternalComment,
    Column::Hidden,
    Column::ImportChannel,
    Column::PossibleDuplicate,
    Column::Returnable,
    Column::Version,
    Column::CreatedAt,
];

/// The name of the row's account, behind [`COLUMNS`]: one question less than asking for the accounts of a page.
pub const ACCOUNT_NAME: &str = "(SELECT name FROM payment_account WHERE id = account_id)";

/// What a list shows of a row.
#[derive(Debug, Clone)]
pub struct Listed {
    pub id: MovementId,
    pub account_id: AccountId,
    pub transaction_id: String,
    pub booking_date: NaiveDate,
    pub value_date: Option<NaiveDate>,
    pub amount: Money,
    pub free: Money,
    pub booking_type: BookingType,
    pub status: MovementStatus,
    pub status_text: Option<String>,
    pub counterparty_name: Option<String>,
    pub counterparty_iban: Option<String>,
    pub counterparty_bic: Option<String>,
    pub purpose: Option<String>,
    pub reference: Option<String>,
    pub end_to_end_id: Option<String>,
    pub mandate_id: Option<String>,
    pub related_transaction_id: Option<String>,
    pub parent_movement_id: Option<MovementId>,
    pub internal_comment: Option<String>,
    pub hidden: bool,
    pub import_channel: ImportChannel,
    pub possible_duplicate: bool,
    pub returnable: bool,
    pub version: i64,
    pub created_at: DateTime<Utc>,
}

fn unknown(column: &str) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: column.to_owned(), source: "a value that is none of ours".into() }
}

/// The two databases' rows are two types with the same methods.
macro_rules! read {
    ($row:expr) => {{
        let row = $row;
        let currency = Currency::parse(row.try_get(7)?).map_err(|_| unknown("currency"))?;
        Ok::<_, sqlx::Error>(Listed {
            id: MovementId(row.try_get(0)?),
            account_id: AccountId(row.try_get(1)?),
            transaction_id: row.try_get(2)?,
            booking_date: row.try_get(3)?,
            value_date: row.try_get(4)?,
            amount: Money::new(row.try_get(5)?, currency),
            free: Money::new(row.try_get(6)?, currency),
            booking_type: BookingType::parse(row.try_get(8)?).ok_or_else(|| unknown("booking_type"))?,
            status: MovementStatus::parse(row.try_get(9)?).ok_or_else(|| unknown("status"))?,
            status_text: row.try_get(10)?,
            counterparty_name: row.try_get(11)?,
            counterparty_iban: row.try_get(12)?,
            counterparty_bic: row.try_get(13)?,
            purpose: row.try_get(14)?,
            reference: row.try_get(15)?,
            end_to_end_id: row.try_get(16)?,
            mandate_id: row.try_get(17)?,
            related_transaction_id: row.try_get(18)?,
            parent_movement_id: row.try_get::<Option<Uuid>, _>(19)?.map(MovementId),
            internal_comment: row.try_get(20)?,
            hidden: row.try_get(21)?,
            import_channel: ImportChannel::parse(row.try_get(22)?).ok_or_else(|| unknown("import_channel"))?,
            possible_duplicate: row.try_get(23)?,
            returnable: row.try_get(24)?,
            version: row.try_get(25)?,
            created_at: row.try_get(26)?,
        })
    }};
}

impl Listed {
    /// Reads a row of a SELECT of [`COLUMNS`] and [`ACCOUNT_NAME`], and the name.
    pub fn read(row: &QueryResult) -> Result<(Self, String), Error> {
        let read = match (row.try_as_pg_row(), row.try_as_sqlite_row()) {
            (Some(row), _) => (|| Ok((read!(row)?, row.try_get(COLUMNS.len())?)))(),
            (None, Some(row)) => (|| Ok((read!(row)?, row.try_get(COLUMNS.len())?)))(),
            (None, None) => Err(unknown("id")),
        };
        read.map_err(|error: sqlx::Error| Error::internal(error))
    }

    pub const fn facts(&self) -> MovementFacts {
        MovementFacts {
            amount: self.amount,
            free: self.free,
            booking_type: self.booking_type,
            status: self.status,
            hidden: self.hidden,
            possible_duplicate: self.possible_duplicate,
            returnable: self.returnable,
        }
    }
}

impl From<Model> for Listed {
    fn from(row: Model) -> Self {
        Self {
            amount: row.amount(),
            free: row.free(),
            id: row.id,
            account_id: row.account_id,
            transaction_id: row.transaction_id,
            booking_date: row.booking_date,
            value_date: row.value_date,
            booking_type: row.booking_type,
            status: row.status,
            status_text: row.status_text,
            counterparty_name: row.counterparty_name,
            counterparty_iban: row.counterparty_iban,
            counterparty_bic: row.counterparty_bic,
            purpose: row.purpose,
            reference: row.reference,
            end_to_end_id: row.end_to_end_id,
            mandate_id: row.mandate_id,
            related_transaction_id: row.related_transaction_id,
            parent_movement_id: row.parent_movement_id,
            internal_comment: row.internal_comment,
            hidden: row.hidden,
            import_channel: row.import_channel,
            possible_duplicate: row.possible_duplicate,
            returnable: row.returnable,
            version: row.version,
            created_at: row.created_at,
        }
    }
}
