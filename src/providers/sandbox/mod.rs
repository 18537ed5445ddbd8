//! The `sandbox` provider: a payment provider in a file, for demos, Postman and tests.
//!
//! It behaves like a real one that knows idempotency keys: what left it is committed to its own SQLite file before it
//! answers, a key is carried out once whoever asks, and it can be told to refuse, delay, time out before or after the
//! effect, or fail. A refusal is final: the same key is refused again, whatever it is told meanwhile. Told to refuse with
//! the code of a `LockReason`, it does not let itself be fetched either. Its file is its own truth, shared by all processes
//! of a data folder, and never our database.

mod payouts;
mod store;

use std::path::Path;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::{FeedError, FeedPage, Found, Provider, Resubmission, Submission, Submitted};
use crate::clock::Clock;
use crate::domain::id::{AccountId, SandboxPaymentId};
use crate::error::Error;
use payouts::{Outcome, Refused};
use store::{Broken, Store};
pub use store::{NewPayment, Payout, SandboxPayment};

crate::codes! {
    /// How the sandbox answers the next payouts, and whether it lets itself be fetched.
    pub enum Mode {
        Accept = "accept",
        Refuse = "refuse",
        Delay = "delay",
        TimeoutAfterEffect = "timeout_after_effect",
        TimeoutBeforeEffect = "timeout_before_effect",
        ServerError = "server_error",
    }
    pub enum PaymentState {
        Pending = "pending",
        Paid = "paid",
        Expired = "expired",
    }
}

/// A told behaviour: for so many payouts and refused fetches, or until told otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behaviour {
    pub mode: Mode,
    /// Refusal code; `insufficient_funds` unless given.
    pub code: Option<String>,
    pub delay_ms: u32,
    pub times: Option<u32>,
}

/// Refusal when nothing else was asked for.
const REFUSAL: &str = "insufficient_funds";

pub struct Sandbox {
    store: Store,
    clock: Clock,
}

impl Sandbox {
    /// Opens the record in a data folder, or makes it.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub async fn open(data_dir: &Path, clock: Clock) -> Result<Self, Error> {
        Ok(Self { store: Store::open(&data_dir.join("sandbox.sqlite")).await?, clock })
    }

    pub async fn add_payment(&self, account: AccountId, new: NewPayment) -> Result<SandboxPayment, Error> {
        let now = self.clock.now();
        let id = SandboxPaymentId(self.clock.ids().make(now));
        Ok(self.store.add_payment(account, id, new, now).await?)
    }

    /// Changes the state of a payment that was put in; `None` when there is no such payment on the account.
    pub async fn set_payment_state(
        &self,
        account: AccountId,
        id: SandboxPaymentId,
        state: PaymentState,
    ) -> Result<Option<SandboxPayment>, Error> {
        Ok(self.store.set_payment_state(account, id, state).await?)
    }

    pub async fn set_behaviour(&self, account: AccountId, behaviour: &Behaviour) -> Result<(), Error> {
        Ok(self.store.set_behaviour(account, behaviour).await?)
    }

    /// Everything that ever left an account, oldest first.
    pub async fn payouts(&self, account: AccountId) -> Result<Vec<Payout>, Error> {
        Ok(self.store.payouts(account).await?)
    }

    async fn carry_out(&self, submission: &Submission) -> Result<Submitted, Error> {
        if let Some(outcome) = self.store.outcome_of(submission.account, &submission.key).await? {
            return Ok(outcome.into());
        }
        let behaviour = self.store.next_behaviour(submission.account).await?;
        let timed_out = || Submitted::Unknown { detail: "the provider did not answer in time".to_owned() };
        let pause = tokio::time::sleep(Duration::from_millis(u64::from(behaviour.delay_ms)));
        match behaviour.mode {
            Mode::Accept => self.effect(submission).await,
            Mode::Delay => {
                pause.await;
                self.effect(submission).await
            }
            Mode::Refuse => {
                let code = behaviour.code.unwrap_or_else(|| REFUSAL.to_owned());
                let detail = format!("the provider refused: {}", code.replace('_', " "));
                Ok(self.store.refuse(submission, Refused { code, detail }).await?.into())
            }
            Mode::TimeoutAfterEffect => match self.effect(submission).await? {
                Submitted::Accepted { .. } => {
                    pause.await;
                    Ok(timed_out())
                }
                other => Ok(other),
            },
            Mode::TimeoutBeforeEffect => {
                pause.await;
                Ok(timed_out())
            }
            Mode::ServerError => Ok(Submitted::Unknown { detail: "the provider answered 500".to_owned() }),
        }
    }

    async fn page(&self, account: AccountId, cursor: i64) -> Result<FeedPage, FeedError> {
        let broken = |error: Broken| FeedError::Unavailable(error.to_string());
        match self.store.next_refused_fetch(account).await.map_err(broken)? {
            Some(reason) => Err(FeedError::Refused(reason)),
            None => self.store.changes(account, cursor).await.map_err(broken),
        }
    }

    async fn effect(&self, submission: &Submission) -> Result<Submitted, Error> {
        Ok(self.store.pay_out(submission, self.clock.now()).await?.into())
    }
}

impl From<Outcome> for Submitted {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Paid { reference } => Self::Accepted { reference },
            Outcome::Refused(Refused { code, detail }) => Self::Rejected { code, detail },
        }
    }
}

impl Provider for Sandbox {
    fn submit<'a>(&'a self, submission: &'a Submission) -> BoxFuture<'a, Submitted> {
        Box::pin(async move {
            match self.carry_out(submission).await {
                Ok(submitted) => submitted,
                // Our own file failed: whether the payout was committed is not known here.
                Err(error) => Submitted::Unknown { detail: error.to_string() },
            }
        })
    }

    fn lookup<'a>(&'a self, account: AccountId, key: &'a str) -> BoxFuture<'a, Found> {
        Box::pin(async move {
            match self.store.outcome_of(account, key).await {
                Ok(Some(Outcome::Paid { reference })) => Found::Accepted { reference },
                Ok(Some(Outcome::Refused(Refused { code, detail }))) => Found::Rejected { code, detail },
                Ok(None) => Found::Nothing,
                Err(error) => Found::Unavailable { detail: error.to_string() },
            }
        })
    }

    fn fetch(&self, account: AccountId, cursor: i64) -> BoxFuture<'_, Result<FeedPage, FeedError>> {
        Box::pin(self.page(account, cursor))
    }

    fn may_resubmit(&self) -> Resubmission {
        Resubmission::SameKeyIsSafe
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::LockReason;
    use crate::domain::money::{Currency, Money};

    async fn sandbox() -> (tempfile::TempDir, Sandbox, AccountId, SandboxPayment) {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::manual("2026-11-22T12:00:00Z".parse().unwrap());
        let sandbox = Sandbox::open(folder.path(), clock).await.unwrap();
        let account = AccountId(uuid::Uuid::from_u128(1));
        let payment = NewPayment {
            amount: Money::new(15_000, Currency::EUR),
            counterparty_name: Some("Erika Muster".into()),
            counterparty_iban: None,
            purpose: Some("AU-2026-00001".into()),
            state: PaymentState::Paid,
        };
        let payment = sandbox.add_payment(account, payment).await.unwrap();
        (folder, sandbox, account, payment)
    }

    fn submission(account: AccountId, payment: &SandboxPayment, key: &str, minor: i64) -> Submission {
        Submission {
            account,
            key: key.to_owned(),
            original_transaction_id: payment.transaction_id.clone(),
            amount: Money::new(minor, Currency::EUR),
            purpose: None,
        }
    }

    #[tokio::test]
    async fn a_key_is_paid_once_and_two_keys_twice() {
        let (_folder, sandbox, account, payment) = sandbox().await;
        let first = sandbox.submit(&submission(account, &payment, "k1", 5_000)).await;
        assert!(matches!(first, Submitted::Accepted { .. }));
        assert_eq!(sandbox.submit(&submission(account, &payment, "k1", 5_000)).await, first);
        assert_ne!(sandbox.submit(&submission(account, &payment, "k2", 5_000)).await, first);
        assert_eq!(sandbox.payouts(account).await.unwrap().len(), 2);
    }

    #[tokio::test]
    async fn a_key_that_was_refused_stays_refused_and_another_is_paid() {
        let (_folder, sandbox, account, payment) = sandbox().await;
        let once = Behaviour { mode: Mode::Refuse, code: None, delay_ms: 0, times: Some(1) };
        sandbox.set_behaviour(account, &once).await.unwrap();
        let refused = sandbox.submit(&submission(account, &payment, "k1", 5_000)).await;
        assert!(matches!(refused, Submitted::Rejected { ref code, .. } if code == REFUSAL));
        assert_eq!(sandbox.submit(&submission(account, &payment, "k1", 5_000)).await, refused);
        assert!(matches!(sandbox.lookup(account, "k1").await, Found::Rejected { .. }));
        let paid = sandbox.submit(&submission(account, &payment, "k2", 5_000)).await;
        assert!(matches!(paid, Submitted::Accepted { .. }));
        assert_eq!(sandbox.payouts(account).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn more_than_was_paid_is_refused() {
        let (_folder, sandbox, account, payment) = sandbox().await;
        let refused = sandbox.submit(&submission(account, &payment, "k1", 15_001)).await;
        assert!(matches!(refused, Submitted::Rejected { ref code, .. } if code == "refund_amount_exceeded"));
    }

    #[tokio::test]
    async fn a_time_out_hides_whether_it_was_paid_and_the_lookup_tells() {
        let (_folder, sandbox, account, payment) = sandbox().await;
        for (mode, key, paid) in
            [(Mode::TimeoutAfterEffect, "after", true), (Mode::TimeoutBeforeEffect, "before", false)]
        {
            let once = Behaviour { mode, code: None, delay_ms: 0, times: Some(1) };
            sandbox.set_behaviour(account, &once).await.unwrap();
            let answer = sandbox.submit(&submission(account, &payment, key, 1_000)).await;
            assert!(matches!(answer, Submitted::Unknown { .. }));
            assert_eq!(matches!(sandbox.lookup(account, key).await, Found::Accepted { .. }), paid);
        }
        let again = sandbox.submit(&submission(account, &payment, "before", 1_000)).await;
        assert!(matches!(again, Submitted::Accepted { .. }));
        assert_eq!(sandbox.payouts(account).await.unwrap().len(), 2);
    }

    #[tokio::test]
    async fn a_fetch_is_refused_only_with_a_code_that_locks_and_as_often_as_was_told() {
        let (_folder, sandbox, account, _) = sandbox().await;
        let told = async |code: Option<&str>, times| {
            let behaviour = Behaviour { mode: Mode::Refuse, code: code.map(str::to_owned), delay_ms: 0, times };
            sandbox.set_behaviour(account, &behaviour).await.unwrap();
        };
        told(None, None).await;
        assert_eq!(sandbox.fetch(account, 0).await.unwrap().items.len(), 1);
        for reason in LockReason::ALL.iter().copied() {
            told(Some(reason.as_str()), Some(2)).await;
            assert_eq!(sandbox.fetch(account, 0).await, Err(FeedError::Refused(reason)));
            sandbox.fetch(account, 0).await.unwrap_err();
            sandbox.fetch(account, 0).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_payout_shows_up_in_the_feed_with_its_payment_and_key() {
        let (_folder, sandbox, account, payment) = sandbox().await;
        sandbox.submit(&submission(account, &payment, "k1", 5_000)).await;
        let page = sandbox.fetch(account, 0).await.unwrap();
        assert_eq!(page.items.len(), 2);
        assert_eq!(page.items[1].related_transaction_id.as_deref(), Some(payment.transaction_id.as_str()));
        assert_eq!((page.items[1].end_to_end_id.as_deref(), page.items[1].amount.minor()), (Some("k1"), -5_000));
        assert!(sandbox.fetch(account, page.cursor).await.unwrap().items.is_empty());
        sandbox.set_payment_state(account, payment.id, PaymentState::Expired).await.unwrap();
        assert_eq!(sandbox.fetch(account, page.cursor).await.unwrap().items.len(), 1);
    }
}
