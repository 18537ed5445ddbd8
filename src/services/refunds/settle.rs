//! Sending, step two: call the provider with the attempt's key, or ask it what became of it. No transaction is open while
//! a provider is called; what it said is recorded in `outcome`.
//!
//! The same attempt may be submitted many times, by a retry or a restart: the key is the same, so the provider pays once.

use std::time::Duration;

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter};

use super::outcome::{self, Refusal, Settling};
use super::send::SendJob;
use crate::access::ctx::Ctx;
use crate::db;
use crate::domain::id::{AttemptId, RefundId};
use crate::domain::refund::AttemptState;
use crate::entities::{payment_account, refund_attempt};
use crate::error::{Code, Error, Kind};
use crate::providers::{Found, Provider, Resubmission, Submission, Submitted};
use crate::services::movements;
use crate::services::queue::Ended;
use crate::state::AppState;

/// Everything a call needs, read before it and outside of any transaction.
struct Intent {
    refund: RefundId,
    attempt: refund_attempt::Model,
    submission: Submission,
    account: payment_account::Model,
}

/// Runs a send job: submits the attempt and records the outcome. An attempt whose outcome is unknown is left to the
/// resolver that was enqueued with this knowledge: one worker at a time (feature 29).
pub async fn deliver(state: &AppState, ctx: &Ctx, job: SendJob) -> Ended {
    run(state, ctx, job, async |provider, intent| match intent.attempt.state {
        AttemptState::Unknown => Ok(None),
        // Somebody died between the call and its record, and the provider would carry the key out twice: ask first.
        _ if intent.attempt.submissions > 0 && provider.may_resubmit() == Resubmission::Never => {
            Ok(Some(Submitted::Unknown { detail: "an earlier call was interrupted".to_owned() }))
        }
        _ => submit(state, ctx, provider, intent).await.map(Some),
    })
    .await
}

/// Runs a resolve job: asks the provider by key; where the provider refuses to carry out a key twice, submitting the
/// same key again is the safest way to ask.
pub async fn resolve(state: &AppState, ctx: &Ctx, job: SendJob) -> Ended {
    run(state, ctx, job, async |provider, intent| {
        let lookup = provider.lookup(intent.account.id, &intent.attempt.provider_key);
        let silent = |_| Found::Unavailable { detail: "the provider did not answer in time".to_owned() };
        Ok(Some(match tokio::time::timeout(timeout_of(state), lookup).await.unwrap_or_else(silent) {
            Found::Accepted { reference } => Submitted::Accepted { reference },
            Found::Rejected { code, detail } => Submitted::Rejected { code, detail },
            Found::Unavailable { detail } => Submitted::Unavailable { detail },
            Found::Nothing => match provider.may_resubmit() {
                Resubmission::SameKeyIsSafe => submit(state, ctx, provider, intent).await?,
                Resubmission::Never => {
                    Submitted::Unavailable { detail: "the provider has no trace of the payout yet".to_owned() }
                }
            },
        }))
    })
    .await
}

/// Reads the intent, lets `ask` find out what the provider says, and records it.
async fn run(
    state: &AppState,
    ctx: &Ctx,
    job: SendJob,
    ask: impl AsyncFnOnce(&dyn Provider, &Intent) -> Result<Option<Submitted>, Error>,
) -> Ended {
    let work = async {
        let Some(intent) = intent(state, job).await? else { return Ok(Ended::Done) };
        let Some(provider) = state.providers.of(intent.account.provider) else {
            return Ok(Ended::Fail(Error::new(Code::AccountCannotSend).with("account", &intent.account.name)));
        };
        let Some(answer) = ask(provider, &intent).await? else { return Ok(Ended::Done) };
        // A call takes its time: what is recorded is recorded now.
        let ctx = ctx.later();
        let settling = Settling { refund: intent.refund, attempt: intent.attempt.id };
        match answer {
            Submitted::Accepted { reference } => {
                state.db.write(async |txn| outcome::accepted(txn, &ctx, settling, &reference).await).await?;
            }
            Submitted::Rejected { code, detail } => {
                let refusal = Refusal { code: &code, detail: &detail };
                state.db.write(async |txn| outcome::refused(txn, &ctx, settling, refusal).await).await?;
            }
            Submitted::Unknown { detail } if intent.attempt.state == AttemptState::Open => {
                state.db.write(async |txn| outcome::unknown(txn, &ctx, settling, (job, &detail)).await).await?;
            }
            Submitted::Unknown { detail } | Submitted::Unavailable { detail } => {
                return Ok(Ended::Retry(Error::new(Code::Unavailable).because(detail)));
            }
        }
        Ok(Ended::Done)
    };
    work.await.unwrap_or_else(Ended::Retry)
}

fn timeout_of(state: &AppState) -> Duration {
    Duration::from_millis(u64::from(state.config.provider_timeout_milliseconds))
}

/// Reads the attempt again right before the call: one that is settled is not submitted.
async fn intent(state: &AppState, job: SendJob) -> Result<Option<Intent>, Error> {
    let conn = state.db.reader();
    let attempt = refund_attempt::Entity::find_by_id(AttemptId(job.attempt)).one(conn).await?;
    let attempt = attempt.ok_or_else(|| Error::not_found(Kind::RefundAttempt))?;
    if !matches!(attempt.state, AttemptState::Open | AttemptState::Unknown) {
        return Ok(None);
    }
    let row = super::load(conn, attempt.refund_id).await?;
    let movement = movements::load(conn, row.movement_id).await?;
    let account = payment_account::Entity::find_by_id(row.account_id).one(conn).await?;
    let account = account.ok_or_else(|| Error::inconsistent("refund", "account_id", row.id))?;
    let submission = Submission {
        account: account.id,
        key: attempt.provider_key.clone(),
        original_transaction_id: movement.transaction_id,
        amount: attempt.amount(),
        purpose: row.purpose,
    };
    Ok(Some(Intent { refund: row.id, attempt, submission, account }))
}

/// Notes that the attempt is being submitted, commits, and only then calls the provider. What surely was not received is
/// no submission.
async fn submit(state: &AppState, ctx: &Ctx, provider: &dyn Provider, intent: &Intent) -> Result<Submitted, Error> {
    let first = intent.attempt.first_submitted_at.unwrap_or(ctx.now);
    let note = async |more: i64| {
        let column = refund_attempt::Column::Submissions;
        let update = refund_attempt::Entity::update_many()
            .col_expr(column, Expr::col(column).add(more))
            .col_expr(refund_attempt::Column::FirstSubmittedAt, Expr::value(first))
            .filter(refund_attempt::Column::Id.eq(intent.attempt.id))
            .filter(refund_attempt::Column::State.is_in([AttemptState::Open, AttemptState::Unknown]));
        let lost = || Error::new(Code::ConcurrentChange);
        state
            .db
            .write(async |txn| {
                // The refund shows its attempts, so it changes with them; its row first, as everywhere.
                super::touch(txn, &ctx.later(), intent.refund).await?;
                db::change(txn, update.clone(), lost).await
            })
            .await
    };
    note(1).await?;
    let answer = tokio::time::timeout(timeout_of(state), provider.submit(&intent.submission)).await;
    let silent = |_| Submitted::Unknown { detail: "the provider did not answer in time".to_owned() };
    let answer = answer.unwrap_or_else(silent);
    if matches!(answer, Submitted::Unavailable { .. }) {
        note(-1).await?;
    }
    Ok(answer)
}
