//! Licences of a made-up vendor, one for each state the gate tells apart.

use std::sync::LazyLock;

use chrono::{DateTime, Duration, Utc};
use heller::access::keys::{self, NewKeys};
use heller::domain::licence::{LicenceClaims, PAYMENT_MODULE};
use uuid::Uuid;

/// The vendor's keys, made once for each process.
pub static VENDOR: LazyLock<NewKeys> = LazyLock::new(|| keys::generate().unwrap());
/// Days in which everything still works after the end of a test's licence.
pub const GRACE_DAYS: u16 = 14;

/// What is installed before a test begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Licence {
    None,
    /// None, but the free trial was begun yesterday.
    Trial,
    /// Bought, but activated for no installation.
    NotActivated,
    /// Activated for this installation, in an edition without the payment module.
    WrongEdition,
    Active,
    /// Ended yesterday, within the days of grace.
    Grace,
    /// Ended, and the days of grace too.
    Expired,
}

impl Licence {
    /// The vendor's signed token for an installation; `None` for no licence.
    pub fn token(self, installation: Uuid, now: DateTime<Utc>) -> Option<String> {
        let claims = self.claims(installation, now)?;
        Some(keys::issue_licence(&VENDOR.private_pem, &claims).unwrap())
    }

    /// When the trial was begun; `None` for no trial.
    pub fn trial_started_at(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        (self == Self::Trial).then(|| now - Duration::days(1))
    }

    pub fn claims(self, installation: Uuid, now: DateTime<Utc>) -> Option<LicenceClaims> {
        let good = LicenceClaims {
            edition: "pro".to_owned(),
            modules: vec![PAYMENT_MODULE.to_owned()],
            activated_for: Some(installation),
            not_before: (now - Duration::days(400)).timestamp(),
            expires_at: (now + Duration::days(3650)).timestamp(),
            grace_days: GRACE_DAYS,
        };
        let ended = |days_ago| (now - Duration::days(days_ago)).timestamp();
        match self {
            Self::None | Self::Trial => None,
            Self::NotActivated => Some(LicenceClaims { activated_for: None, ..good }),
            Self::WrongEdition => Some(LicenceClaims { edition: "basic".to_owned(), modules: vec![], ..good }),
            Self::Active => Some(good),
            Self::Grace => Some(LicenceClaims { expires_at: ended(1), ..good }),
            Self::Expired => Some(LicenceClaims { expires_at: ended(i64::from(GRACE_DAYS) + 1), ..good }),
        }
    }
}
