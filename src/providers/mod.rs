//! The seam to those who hold the money: fetch what came in, send money back, ask what became of it.
//!
//! An adapter speaks our types outside and the provider's inside. It never touches our database. What it answers to
//! [`Provider::submit`] is one of four, and the difference between *unavailable* (surely not received) and *unknown*
//! (may have been carried out) is the difference between paying once and paying twice.

pub mod sandbox;

use chrono::NaiveDate;
use futures_util::future::BoxFuture;

use crate::domain::account::{LockReason, ProviderKind};
use crate::domain::id::AccountId;
use crate::domain::money::Money;
use crate::domain::movement::{BookingType, Delivered};

/// A payout as it is handed to a provider; the amount is fixed, adapters never compute one (lesson R18).
#[derive(Debug, Clone)]
pub struct Submission {
    pub account: AccountId,
    /// The provider key; see `domain::refund::provider_key`.
    pub key: String,
    /// Transaction id of the payment that is paid back.
    pub original_transaction_id: String,
    pub amount: Money,
    pub purpose: Option<String>,
}

/// What a provider says of a payout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Submitted {
    Accepted {
        reference: String,
    },
    /// Final: it did not and will not happen.
    Rejected {
        code: String,
        detail: String,
    },
    /// Surely not received: safe to try again.
    Unavailable {
        detail: String,
    },
    /// It may have happened. Only the provider, asked by our key, can tell.
    Unknown {
        detail: String,
    },
}

/// What a provider finds under our key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    Accepted {
        reference: String,
    },
    Rejected {
        code: String,
        detail: String,
    },
    /// No trace. Proof of nothing by itself: see `may_resubmit`.
    Nothing,
    Unavailable {
        detail: String,
    },
}

/// One payment, payout or fee in a provider's feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedItem {
    pub transaction_id: String,
    pub related_transaction_id: Option<String>,
    /// Our provider key, when the item is a payout we asked for.
    pub end_to_end_id: Option<String>,
    pub booking_type: BookingType,
    pub delivered: Delivered,
    pub booking_date: NaiveDate,
    /// Signed: negative left the account.
    pub amount: Money,
    pub counterparty_name: Option<String>,
    pub counterparty_iban: Option<String>,
    pub purpose: Option<String>,
    pub status_text: Option<String>,
}

/// New and changed items, and where to go on next time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedPage {
    pub items: Vec<FeedItem>,
    pub cursor: i64,
    pub has_more: bool,
}

/// Why there is no page of a feed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    /// The provider could not be reached or understood: asked again later.
    #[error("the provider is unavailable: {0}")]
    Unavailable(String),
    /// It wants a person. Asking again helps nobody and may block the access.
    #[error("the provider wants a person: {0}")]
    Refused(LockReason),
}

pub trait Provider: Send + Sync {
    /// Sends a payout. The same key again gives the first result again.
    fn submit<'a>(&'a self, submission: &'a Submission) -> BoxFuture<'a, Submitted>;

    /// Asks what became of a key.
    fn lookup<'a>(&'a self, account: AccountId, key: &'a str) -> BoxFuture<'a, Found>;

    /// What is new since `cursor`.
    fn fetch(&self, account: AccountId, cursor: i64) -> BoxFuture<'_, Result<FeedPage, FeedError>>;

    /// Whether a payout of which there is no trace may be sent again under the same key: only where the provider
    /// itself refuses to carry out a key twice.
    fn may_resubmit(&self) -> Resubmission;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resubmission {
    SameKeyIsSafe,
    Never,
}

/// The adapters of this process.
pub struct Providers {
    pub sandbox: sandbox::Sandbox,
}

impl Providers {
    /// The adapter of an account, if this version has one.
    pub fn of(&self, kind: ProviderKind) -> Option<&dyn Provider> {
        match kind {
            ProviderKind::Sandbox => Some(&self.sandbox),
            ProviderKind::BankFile
            | ProviderKind::Fints
            | ProviderKind::Paypal
            | ProviderKind::Mollie
            | ProviderKind::AmazonPay
            | ProviderKind::Cash => None,
        }
    }
}
