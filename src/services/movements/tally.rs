//! How many movements there are of each kind, and what they sum up to: the folders and every summary without text, amount
//! or date come from here and read a handful of rows, not a million. Triggers keep the rows (see the migration).

use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Statement};

use super::filter::{Lead, MovementFilter};
use crate::db::Db;
use crate::domain::id::AccountId;
use crate::domain::money::Currency;
use crate::domain::movement::{BookingType, Direction, Folder, MovementStatus};
use crate::error::Error;

/// Movements of one kind, of accounts that are not hidden.
#[derive(Debug, Clone, FromQueryResult)]
pub struct Counted {
    account_id: AccountId,
    pub currency: Currency,
    booking_type: BookingType,
    status: MovementStatus,
    outgoing: bool,
    place: String,
    pub number: i64,
    pub amount_minor: i64,
    pub free_minor: i64,
}

const ALL: &str = "SELECT account_id, currency, booking_type, status, outgoing, place, \
    CAST(SUM(number) AS BIGINT) AS number, CAST(SUM(amount_minor) AS BIGINT) AS amount_minor, \
    CAST(SUM(free_minor) AS BIGINT) AS free_minor FROM movement_tally \
    WHERE account_id NOT IN (SELECT id FROM payment_account WHERE hidden) \
    GROUP BY account_id, currency, booking_type, status, outgoing, place HAVING SUM(number) <> 0 ORDER BY currency";

pub async fn load(conn: &impl ConnectionTrait) -> Result<Vec<Counted>, Error> {
    let statement = Statement::from_string(conn.get_database_backend(), ALL);
    Ok(Counted::find_by_statement(statement).all(conn).await?)
}

impl Counted {
    /// Whether these lie in a folder; the same as the folder's SQL, and `heller verify` holds the two together.
    pub fn is_in(&self, folder: Option<Folder>) -> bool {
        match folder {
            None => self.place != "hidden",
            Some(Folder::Hidden) => self.place == "hidden",
            Some(Folder::NotAssigned) => ["unassigned", "partially_assigned"].contains(&self.place.as_str()),
            Some(Folder::PartiallyAssigned) => self.place == "partially_assigned",
            Some(Folder::FullyAssigned) => self.place == "fully_assigned",
            Some(Folder::Pending) => self.place == "pending",
            Some(Folder::Failed) => self.place == "failed",
        }
    }

    /// Whether one member of a filter, which is given, holds for these.
    fn meets(&self, filter: &MovementFilter, lead: Lead) -> bool {
        match lead {
            Lead::Folder => self.is_in(filter.folder),
            Lead::Account => filter.account_id.is_none_or(|account| account == self.account_id),
            Lead::BookingType => filter.booking_type.is_none_or(|kind| kind == self.booking_type),
            Lead::Status => filter.status.is_none_or(|status| status == self.status),
            Lead::Currency => filter.currency.is_none_or(|currency| currency == self.currency),
            Lead::Amount => filter.direction.is_none_or(|direction| (direction == Direction::Out) == self.outgoing),
        }
    }
}

const LEADS: [Lead; 6] = [Lead::Folder, Lead::Account, Lead::BookingType, Lead::Status, Lead::Currency, Lead::Amount];

/// What a filter leaves of the tally, its texts, dates and bounds aside.
pub fn left<'a>(all: &'a [Counted], filter: &MovementFilter) -> Vec<&'a Counted> {
    all.iter().filter(|counted| LEADS.iter().all(|lead| counted.meets(filter, *lead))).collect()
}

/// The member of a filter that leaves the fewest rows by itself, and how many.
pub fn smallest(all: &[Counted], filter: &MovementFilter) -> (Lead, i64) {
    let given = [
        (Lead::Folder, true),
        (Lead::Account, filter.account_id.is_some()),
        (Lead::BookingType, filter.booking_type.is_some()),
        (Lead::Status, filter.status.is_some()),
        (Lead::Currency, filter.currency.is_some()),
    ];
    let count =
        |lead: Lead| all.iter().filter(|counted| counted.meets(filter, lead)).map(|counted| counted.number).sum();
    let counted = given.into_iter().filter(|(_, given)| *given).map(|(lead, _)| (lead, count(lead)));
    counted.min_by_key(|(_, count): &(Lead, i64)| *count).unwrap_or((Lead::Folder, 0))
}

/// Adds up after a job that may have changed many movements. The counts are right without it, so that its failure is no
/// failure of the job.
pub async fn add_up_after_many(db: &Db) {
    if let Err(error) = add_up(db).await {
        tracing::warn!(cause = error.cause(), "the counts of movements were not added up");
    }
}

/// Adds the rows of a kind up to one; PostgreSQL's triggers only add rows.
///
/// # Errors
/// `unavailable` when the database does not answer.
pub async fn add_up(db: &Db) -> Result<(), Error> {
    const KEY: &str = "account_id, currency, booking_type, status, outgoing, place";
    db.write(async |txn| {
        if txn.get_database_backend() == DbBackend::Postgres {
            let sql = format!(
                "WITH gone AS (DELETE FROM movement_tally RETURNING *) \
                 INSERT INTO movement_tally ({KEY}, number, amount_minor, free_minor) \
                 SELECT {KEY}, SUM(number), SUM(amount_minor), SUM(free_minor) FROM gone GROUP BY {KEY} \
                 HAVING SUM(number) <> 0"
            );
            txn.execute_unprepared(&sql).await?;
        }
        Ok(())
    })
    .await
}
