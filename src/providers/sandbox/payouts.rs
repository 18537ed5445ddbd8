//! What becomes of a key in the sandbox's record: paid out or refused, once and for good.

use chrono::{DateTime, Utc};
use sea_orm::sqlx::sqlite::SqliteRow;
use sea_orm::sqlx::{self, Row, SqliteConnection};

use super::store::{Broken, money};
use crate::domain::id::AccountId;
use crate::providers::Submission;

/// A refusal as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub code: String,
    pub detail: String,
}

/// What became of a key, for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Paid { reference: String },
    Refused(Refused),
}

pub async fn known(conn: &mut SqliteConnection, (account, key): (AccountId, &str)) -> Result<Option<Outcome>, Broken> {
    let paid = sqlx::query("SELECT id FROM item WHERE account = ? AND payout_key = ?")
        .bind(account.to_string())
        .bind(key)
        .fetch_optional(&mut *conn)
        .await?;
    if let Some(row) = paid {
        return Ok(Some(Outcome::Paid { reference: row.try_get("id")? }));
    }
    let refused = sqlx::query("SELECT code, detail FROM refusal WHERE account = ? AND payout_key = ?")
        .bind(account.to_string())
        .bind(key)
        .fetch_optional(conn)
        .await?;
    let outcome = |row: SqliteRow| -> Result<Outcome, Broken> {
        Ok(Outcome::Refused(Refused { code: row.try_get("code")?, detail: row.try_get("detail")? }))
    };
    refused.map(outcome).transpose()
}

pub async fn note_refusal(
    conn: &mut SqliteConnection,
    submission: &Submission,
    refused: Refused,
) -> Result<Outcome, Broken> {
    sqlx::query("INSERT INTO refusal (account, payout_key, code, detail) VALUES (?, ?, ?, ?)")
        .bind(submission.account.to_string())
        .bind(&submission.key)
        .bind(&refused.code)
        .bind(&refused.detail)
        .execute(conn)
        .await?;
    Ok(Outcome::Refused(refused))
}

pub async fn carry_out(
    conn: &mut SqliteConnection,
    submission: &Submission,
    now: DateTime<Utc>,
) -> Result<Outcome, Broken> {
    let account = submission.account.to_string();
    let original = sqlx::query(
        "SELECT p.amount_minor + COALESCE((SELECT SUM(o.amount_minor) FROM item o WHERE o.related = p.id), 0) \
         AS amount_minor, p.currency, p.counterparty, p.iban FROM item p \
         WHERE p.id = ? AND p.account = ? AND p.state = 'paid'",
    )
    .bind(&submission.original_transaction_id)
    .bind(&account)
    .fetch_optional(&mut *conn)
    .await?;
    let refused = |code: &str, detail: &str| Refused { code: code.to_owned(), detail: detail.to_owned() };
    let Some(original) = original else {
        let unknown = refused("payment_not_found", "the original payment is not known here");
        return note_refusal(conn, submission, unknown).await;
    };
    let left = money(&original)?;
    if left.currency() != submission.amount.currency() || left.minor() < submission.amount.minor() {
        let too_much = refused("refund_amount_exceeded", "more than the original payment would be paid back");
        return note_refusal(conn, submission, too_much).await;
    }
    let reference = format!("re_{}", submission.key);
    sqlx::query(
        "INSERT INTO item (id, account, kind, state, payout_key, related, amount_minor, currency, counterparty, \
         iban, purpose, booked, changed) VALUES (?, ?, 'payout', 'paid', ?, ?, ?, ?, ?, ?, ?, ?, \
         (SELECT MAX(changed) + 1 FROM item))",
    )
    .bind(&reference)
    .bind(&account)
    .bind(&submission.key)
    .bind(&submission.original_transaction_id)
    .bind(submission.amount.checked_neg()?.minor())
    .bind(submission.amount.currency().code())
    .bind(original.try_get::<Option<String>, _>("counterparty")?)
    .bind(original.try_get::<Option<String>, _>("iban")?)
    .bind(&submission.purpose)
    .bind(now.date_naive().to_string())
    .execute(conn)
    .await?;
    Ok(Outcome::Paid { reference })
}
