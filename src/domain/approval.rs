//! Four eyes: who may approve a refund, as data. The policy is stored with each refund when it is created, so a later
//! change of the setting touches nothing that exists. The database refuses `approved_by = created_by` as well.

use crate::domain::id::UserId;
use crate::domain::money::{Currency, Money};
use crate::error::{Code, Error};

crate::codes! {
    /// Where a refund stands between requester and approver.
    pub enum ApprovalState {
        NotRequired = "not_required",
        Pending = "pending",
        Approved = "approved",
        Rejected = "rejected",
    }
}

/// Setting `four_eyes`: `always`, `above:1000.00` (in major units of the refund's currency) or `off`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FourEyes {
    Always,
    Above(String),
    Off,
}

impl FourEyes {
    /// Reads the setting's text form; `None` when it is none of the three.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "always" => Some(Self::Always),
            "off" => Some(Self::Off),
            _ => {
                let limit = text.strip_prefix("above:")?;
                let amount = Money::parse(limit, Currency::EUR).ok()?;
                (!amount.is_negative()).then(|| Self::Above(limit.to_owned()))
            }
        }
    }

    pub fn as_text(&self) -> String {
        match self {
            Self::Always => "always".to_owned(),
            Self::Above(limit) => format!("above:{limit}"),
            Self::Off => "off".to_owned(),
        }
    }

    /// Whether a refund of this amount needs a second person. A limit that the currency cannot express asks always.
    pub fn requires(&self, amount: Money) -> bool {
        match self {
            Self::Always => true,
            Self::Off => false,
            Self::Above(limit) => {
                let whole = if limit.contains('.') { limit.trim_end_matches('0').trim_end_matches('.') } else { limit };
                Money::parse(whole, amount.currency()).map_or(true, |limit| amount.minor() > limit.minor())
            }
        }
    }
}

/// # Errors
/// `self_approval` when whoever requested or changed it approves or rejects it.
pub fn check_second_person(person: UserId, (requested_by, changed_it): (UserId, bool)) -> Result<(), Error> {
    if requested_by == person || changed_it { Err(Error::new(Code::SelfApproval)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn the_setting_reads_its_three_forms_only() {
        for text in ["always", "off", "above:1000.00", "above:0"] {
            assert_eq!(FourEyes::parse(text).unwrap().as_text(), text);
        }
        for text in ["", "on", "above:", "above:-1", "above:1,00", "above:1.000", "Always"] {
            assert_eq!(FourEyes::parse(text), None, "{text}");
        }
    }

    #[test]
    fn above_means_more_than_the_limit() {
        let policy = FourEyes::parse("above:1000.00").unwrap();
        let eur = |minor| Money::new(minor, Currency::EUR);
        assert!(!policy.requires(eur(100_000)));
        assert!(policy.requires(eur(100_001)));
        assert!(!policy.requires(Money::new(1_000, Currency::parse("JPY").unwrap())));
        assert!(FourEyes::Always.requires(eur(1)));
        assert!(!FourEyes::Off.requires(eur(i64::MAX)));
    }

    #[test]
    fn nobody_approves_their_own_request() {
        let (anna, ben) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        assert_eq!(check_second_person(anna, (anna, false)).unwrap_err().code(), Code::SelfApproval);
        assert_eq!(check_second_person(ben, (anna, true)).unwrap_err().code(), Code::SelfApproval);
        assert!(check_second_person(ben, (anna, false)).is_ok());
    }
}
