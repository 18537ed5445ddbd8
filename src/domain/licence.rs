//! The licence gate, as data: what a licence says, what state follows at a time, and what the gate answers.
//!
//! Two conditions with two codes (features 1 and 2): the edition must contain the payment module, and the licence must
//! be activated. Never activated: reads and writes are refused. Expired after use: reads stay open so that the books
//! can be audited, new work is refused. Contract section 2.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use crate::error::{Code, Error};

/// The module of the contract's gated families.
pub const PAYMENT_MODULE: &str = "payment";
/// Length of the free trial (feature 7).
pub const TRIAL_DAYS: i64 = 30;

crate::codes! {
    pub enum LicenceState {
        None = "none",
        Trial = "trial",
        Active = "active",
        Grace = "grace",
        Expired = "expired",
    }
}

/// Claims of a licence token (a JWT signed by the vendor with Ed25519). Times are seconds since 1970, UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicenceClaims {
    pub edition: String,
    pub modules: Vec<String>,
    /// Installation id this licence was activated for; absent: bought, not activated.
    pub activated_for: Option<uuid::Uuid>,
    pub not_before: i64,
    pub expires_at: i64,
    /// Days after `expires_at` in which everything still works.
    #[serde(default)]
    pub grace_days: u16,
}

/// What the installation knows about its licence.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LicenceFacts {
    pub claims: Option<LicenceClaims>,
    pub trial_started_at: Option<DateTime<Utc>>,
}

/// The answer of `GET /v1/licence`, without its shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub included: bool,
    pub activated: bool,
    pub state: LicenceState,
    pub valid_until: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Read,
    Write,
}

impl LicenceFacts {
    pub fn standing(&self, installation: uuid::Uuid, now: DateTime<Utc>) -> Standing {
        let trial_until = self.trial_started_at.and_then(|start| start.checked_add_signed(Duration::days(TRIAL_DAYS)));
        let trial = trial_until.map(|until| Standing {
            included: true,
            activated: true,
            state: if now < until { LicenceState::Trial } else { LicenceState::Expired },
            valid_until: Some(until),
        });
        let Some(claims) = &self.claims else {
            let none = Standing { included: false, activated: false, state: LicenceState::None, valid_until: None };
            return trial.unwrap_or(none);
        };
        let licensed = claims.standing(installation, now);
        match trial {
            Some(trial) if trial.state == LicenceState::Trial && !licensed.is_open() => trial,
            _ => licensed,
        }
    }
}

impl LicenceClaims {
    fn standing(&self, installation: uuid::Uuid, now: DateTime<Utc>) -> Standing {
        let included = self.modules.iter().any(|module| module == PAYMENT_MODULE);
        let begun = now.timestamp() >= self.not_before;
        let activated = begun && self.activated_for == Some(installation);
        let until = DateTime::from_timestamp(self.expires_at, 0);
        let grace_until = until.and_then(|until| until.checked_add_signed(Duration::days(i64::from(self.grace_days))));
        let state = match (activated && included, until, grace_until) {
            (false, _, _) => LicenceState::None,
            (true, Some(until), _) if now < until => LicenceState::Active,
            (true, _, Some(grace_until)) if now < grace_until => LicenceState::Grace,
            (true, _, _) => LicenceState::Expired,
        };
        Standing { included, activated, state, valid_until: until }
    }
}

impl Standing {
    fn is_open(&self) -> bool {
        matches!(self.state, LicenceState::Trial | LicenceState::Active | LicenceState::Grace)
    }

    /// # Errors
    /// `payment_module_not_licensed`, `edition_excludes_payment_module`, `licence_expired`.
    pub fn check(&self, access: Access) -> Result<(), Error> {
        match (self.activated, self.included) {
            (false, _) => Err(Error::new(Code::PaymentModuleNotLicensed)),
            (true, false) => Err(Error::new(Code::EditionExcludesPaymentModule)),
            (true, true) => match (self.state, access) {
                (LicenceState::Trial | LicenceState::Active | LicenceState::Grace, _)
                | (LicenceState::Expired, Access::Read) => Ok(()),
                (LicenceState::Expired, Access::Write) => Err(Error::new(Code::LicenceExpired)),
                (LicenceState::None, _) => Err(Error::new(Code::PaymentModuleNotLicensed)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const HERE: Uuid = Uuid::from_u128(5);

    fn at(day: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(day * 86_400, 0).unwrap()
    }

    fn licence(modules: &[&str], activated_for: Option<Uuid>) -> LicenceFacts {
        LicenceFacts {
            claims: Some(LicenceClaims {
                edition: "pro".into(),
                modules: modules.iter().map(|module| (*module).to_owned()).collect(),
                activated_for,
                not_before: 10 * 86_400,
                expires_at: 100 * 86_400,
                grace_days: 14,
            }),
            trial_started_at: None,
        }
    }

    #[test]
    fn the_gate_answers_each_state_with_its_code() {
        let good = licence(&["payment"], Some(HERE));
        let cases = [
            (LicenceFacts::default(), 50, Some(Code::PaymentModuleNotLicensed), Some(Code::PaymentModuleNotLicensed)),
            (
                licence(&["payment"], None),
                50,
                Some(Code::PaymentModuleNotLicensed),
                Some(Code::PaymentModuleNotLicensed),
            ),
            (
                licence(&["payment"], Some(Uuid::from_u128(6))),
                50,
                Some(Code::PaymentModuleNotLicensed),
                Some(Code::PaymentModuleNotLicensed),
            ),
            (
                licence(&["shop"], Some(HERE)),
                50,
                Some(Code::EditionExcludesPaymentModule),
                Some(Code::EditionExcludesPaymentModule),
            ),
            (licence(&["shop"], None), 50, Some(Code::PaymentModuleNotLicensed), Some(Code::PaymentModuleNotLicensed)),
            (good.clone(), 9, Some(Code::PaymentModuleNotLicensed), Some(Code::PaymentModuleNotLicensed)),
            (good.clone(), 50, None, None),
            (good.clone(), 105, None, None),
            (good, 120, None, Some(Code::LicenceExpired)),
        ];
        for (facts, day, read, write) in cases {
            let standing = facts.standing(HERE, at(day));
            assert_eq!(standing.check(Access::Read).err().map(|error| error.code()), read, "{standing:?}");
            assert_eq!(standing.check(Access::Write).err().map(|error| error.code()), write, "{standing:?}");
        }
    }

    #[test]
    fn a_trial_lasts_thirty_days_and_then_counts_as_expired_after_use() {
        let facts = LicenceFacts { claims: None, trial_started_at: Some(at(50)) };
        assert_eq!(facts.standing(HERE, at(79)).state, LicenceState::Trial);
        assert_eq!(facts.standing(HERE, at(80)).state, LicenceState::Expired);
        assert!(facts.standing(HERE, at(80)).check(Access::Read).is_ok());
    }
}
