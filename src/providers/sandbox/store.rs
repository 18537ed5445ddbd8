//! The sandbox's own file. Everything is one table of items with a change counter, so that the feed is
//! "what changed since": payments that were put in, and payouts that left. Plain SQL through sqlx: this is the
//! provider's side of the fence and shares nothing with our schema.

use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous};
use sea_orm::sqlx::{self, Row, Sqlite, SqlitePool, Transaction};

use super::payouts::{Outcome, Refused, carry_out, known, note_refusal};
use super::{Behaviour, Mode, PaymentState};
use crate::domain::account::LockReason;
use crate::domain::id::{AccountId, SandboxPaymentId};
use crate::domain::money::{Currency, Money, MoneyError};
use crate::domain::movement::{BookingType, Delivered};
use crate::error::Error;
use crate::providers::{FeedItem, FeedPage, Submission};

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS item (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL, payout_key TEXT,
    related TEXT, amount_minor INTEGER NOT NULL, currency TEXT NOT NULL, counterparty TEXT, iban TEXT, purpose TEXT,
    booked TEXT NOT NULL, changed INTEGER NOT NULL, UNIQUE (account, payout_key));
CREATE INDEX IF NOT EXISTS item_changed ON item (account, changed);
CREATE INDEX IF NOT EXISTS item_related ON item (related);
CREATE TABLE IF NOT EXISTS refusal (
    account TEXT NOT NULL, payout_key TEXT NOT NULL, code TEXT NOT NULL, detail TEXT NOT NULL,
    PRIMARY KEY (account, payout_key));
CREATE TABLE IF NOT EXISTS behaviour (
    account TEXT PRIMARY KEY, mode TEXT NOT NULL, code TEXT, delay_ms INTEGER NOT NULL, times INTEGER);";

/// Most items of one feed page.
const PAGE: i64 = 500;

#[derive(Debug, Clone)]
pub struct NewPayment {
    pub amount: Money,
    pub counterparty_name: Option<String>,
    pub counterparty_iban: Option<String>,
    pub purpose: Option<String>,
    pub state: PaymentState,
}

/// A payment that was put in.
#[derive(Debug, Clone)]
pub struct SandboxPayment {
    pub id: SandboxPaymentId,
    pub transaction_id: String,
    pub amount: Money,
    pub state: PaymentState,
}

/// Money that left.
#[derive(Debug, Clone)]
pub struct Payout {
    pub id: String,
    pub key: String,
    pub amount: Money,
    pub state: String,
}

pub struct Store {
    pool: SqlitePool,
}

/// The record could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    #[error("sandbox record: {0}")]
    Record(#[from] sqlx::Error),
    #[error("sandbox record: {0}")]
    Value(#[from] Error),
    #[error("sandbox record: {0}")]
    Amount(#[from] MoneyError),
}

impl From<Broken> for Error {
    fn from(error: Broken) -> Self {
        Self::internal(error)
    }
}

pub fn money(row: &SqliteRow) -> Result<Money, Broken> {
    let currency: String = row.try_get("currency")?;
    Ok(Money::new(row.try_get("amount_minor")?, Currency::parse(&currency)?))
}

impl Store {
    pub async fn open(path: &Path) -> Result<Self, Broken> {
        crate::private::file(path).map_err(sqlx::Error::Io)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(10));
        let pool = SqlitePoolOptions::new().max_connections(2).connect_with(options).await?;
        sqlx::raw_sql(SCHEMA).execute(&pool).await?;
        Ok(Self { pool })
    }

    async fn begin(&self) -> Result<Transaction<'static, Sqlite>, Broken> {
        Ok(self.pool.begin_with("BEGIN IMMEDIATE").await?)
    }

    pub async fn add_payment(
        &self,
        account: AccountId,
        id: SandboxPaymentId,
        new: NewPayment,
        now: DateTime<Utc>,
    ) -> Result<SandboxPayment, Broken> {
        let mut txn = self.begin().await?;
        sqlx::query(
            "INSERT INTO item (id, account, kind, state, amount_minor, currency, counterparty, iban, purpose, booked, \
             changed) VALUES (?, ?, 'payment', ?, ?, ?, ?, ?, ?, ?, (SELECT COALESCE(MAX(changed), 0) + 1 FROM item))",
        )
        .bind(id.to_string())
        .bind(account.to_string())
        .bind(new.state.as_str())
        .bind(new.amount.minor())
        .bind(new.amount.currency().code())
        .bind(new.counterparty_name)
        .bind(new.counterparty_iban)
        .bind(new.purpose)
        .bind(now.date_naive().to_string())
        .execute(&mut *txn)
        .await?;
        txn.commit().await?;
        Ok(SandboxPayment { id, transaction_id: id.to_string(), amount: new.amount, state: new.state })
    }

    pub async fn set_payment_state(
        &self,
        account: AccountId,
        id: SandboxPaymentId,
        state: PaymentState,
    ) -> Result<Option<SandboxPayment>, Broken> {
        let row = sqlx::query(
            "UPDATE item SET state = ?, changed = (SELECT MAX(changed) + 1 FROM item) \
             WHERE id = ? AND account = ? AND kind = 'payment' RETURNING amount_minor, currency",
        )
        .bind(state.as_str())
        .bind(id.to_string())
        .bind(account.to_string())
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| Ok(SandboxPayment { id, transaction_id: id.to_string(), amount: money(&row)?, state }))
            .transpose()
    }

    pub async fn set_behaviour(&self, account: AccountId, behaviour: &Behaviour) -> Result<(), Broken> {
        sqlx::query(
            "INSERT INTO behaviour (account, mode, code, delay_ms, times) VALUES (?, ?, ?, ?, ?) ON CONFLICT (account) \
             DO UPDATE SET mode = excluded.mode, code = excluded.code, delay_ms = excluded.delay_ms, \
             times = excluded.times",
        )
        .bind(account.to_string())
        .bind(behaviour.mode.as_str())
        .bind(&behaviour.code)
        .bind(i64::from(behaviour.delay_ms))
        .bind(behaviour.times.map(i64::from))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The behaviour for one payout, counting it down.
    pub async fn next_behaviour(&self, account: AccountId) -> Result<Behaviour, Broken> {
        let row = sqlx::query(
            "UPDATE behaviour SET times = times - 1 WHERE account = ? AND (times IS NULL OR times > 0) \
             RETURNING mode, code, delay_ms",
        )
        .bind(account.to_string())
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else {
            return Ok(Behaviour { mode: Mode::Accept, code: None, delay_ms: 0, times: None });
        };
        let mode: String = row.try_get("mode")?;
        let delay: i64 = row.try_get("delay_ms")?;
        Ok(Behaviour {
            mode: Mode::parse(&mode).ok_or_else(|| Error::inconsistent("behaviour", "mode", account))?,
            code: row.try_get("code")?,
            delay_ms: u32::try_from(delay).unwrap_or(0),
            times: None,
        })
    }

    /// Why the next fetch is refused, if it was told so, counting it down.
    pub async fn next_refused_fetch(&self, account: AccountId) -> Result<Option<LockReason>, Broken> {
        let row = sqlx::query(
            "UPDATE behaviour SET times = times - 1 WHERE account = ? AND mode = ? AND code IN (?, ?) \
             AND (times IS NULL OR times > 0) RETURNING code",
        )
        .bind(account.to_string())
        .bind(Mode::Refuse.as_str())
        .bind(LockReason::ConfirmationRequired.as_str())
        .bind(LockReason::CredentialsInvalid.as_str())
        .fetch_optional(&self.pool)
        .await?;
        let code: Option<String> = row.map(|row| row.try_get("code")).transpose()?;
        Ok(code.as_deref().and_then(LockReason::parse))
    }

    /// What became of a key, when it was ever carried out or refused.
    pub async fn outcome_of(&self, account: AccountId, key: &str) -> Result<Option<Outcome>, Broken> {
        known(&mut *self.pool.acquire().await?, (account, key)).await
    }

    /// Refuses a key for good, unless it is known already.
    pub async fn refuse(&self, submission: &Submission, refused: Refused) -> Result<Outcome, Broken> {
        let mut txn = self.begin().await?;
        let outcome = match known(&mut txn, (submission.account, &submission.key)).await? {
            Some(outcome) => outcome,
            None => note_refusal(&mut txn, submission, refused).await?,
        };
        txn.commit().await?;
        Ok(outcome)
    }

    /// Pays a key out, once, and never more than the original payment.
    pub async fn pay_out(&self, submission: &Submission, now: DateTime<Utc>) -> Result<Outcome, Broken> {
        let mut txn = self.begin().await?;
        let outcome = match known(&mut txn, (submission.account, &submission.key)).await? {
            Some(outcome) => outcome,
            None => carry_out(&mut txn, submission, now).await?,
        };
        txn.commit().await?;
        Ok(outcome)
    }

    pub async fn payouts(&self, account: AccountId) -> Result<Vec<Payout>, Broken> {
        let rows = sqlx::query(
            "SELECT id, payout_key, -amount_minor AS amount_minor, currency, state FROM item \
             WHERE account = ? AND kind = 'payout' ORDER BY changed",
        )
        .bind(account.to_string())
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Payout {
                    id: row.try_get("id")?,
                    key: row.try_get("payout_key")?,
                    amount: money(row)?,
                    state: row.try_get("state")?,
                })
            })
            .collect()
    }

    /// Items that changed since a counter, oldest change first.
    pub async fn changes(&self, account: AccountId, since: i64) -> Result<FeedPage, Broken> {
        let rows = sqlx::query("SELECT * FROM item WHERE account = ? AND changed > ? ORDER BY changed LIMIT ?")
            .bind(account.to_string())
            .bind(since)
            .bind(PAGE)
            .fetch_all(&self.pool)
            .await?;
        let last = rows.last().map(|row| row.try_get("changed")).transpose()?;
        let items: Vec<FeedItem> = rows.iter().map(feed_item).collect::<Result<_, Broken>>()?;
        let has_more = i64::try_from(items.len()).is_ok_and(|read| read == PAGE);
        Ok(FeedPage { items, cursor: last.unwrap_or(since), has_more })
    }
}

fn feed_item(row: &SqliteRow) -> Result<FeedItem, Broken> {
    let (kind, state): (String, String) = (row.try_get("kind")?, row.try_get("state")?);
    let booked: String = row.try_get("booked")?;
    let wrong = |column: &str| Error::inconsistent("item", column, &kind);
    let state = PaymentState::parse(&state).ok_or_else(|| wrong("state"))?;
    Ok(FeedItem {
        transaction_id: row.try_get("id")?,
        related_transaction_id: row.try_get("related")?,
        end_to_end_id: row.try_get("payout_key")?,
        booking_type: if kind == "payout" { BookingType::Refund } else { BookingType::Incoming },
        delivered: match state {
            PaymentState::Paid => Delivered::Final,
            PaymentState::Pending => Delivered::Pending,
            PaymentState::Expired => Delivered::Expired,
        },
        booking_date: booked.parse::<NaiveDate>().map_err(|_| wrong("booked"))?,
        amount: money(row)?,
        counterparty_name: row.try_get("counterparty")?,
        counterparty_iban: row.try_get("iban")?,
        purpose: row.try_get("purpose")?,
        status_text: (state == PaymentState::Expired).then(|| "the payment expired".to_owned()),
    })
}
