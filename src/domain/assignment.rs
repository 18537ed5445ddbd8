//! Assignments: the link of a part of a movement to what it pays (features 77 to 85).

use crate::domain::money::Money;
use crate::error::{Code, Error};

crate::codes! {
    pub enum TargetType {
        Order = "order",
        Invoice = "invoice",
        Refund = "refund",
    }
    /// What a client may name as a target; `refund` links are made by refunds only.
    pub enum ChosenTarget {
        Order = "order",
        Invoice = "invoice",
    }
    pub enum AssignmentOrigin {
        Manual = "manual",
        Automatic = "automatic",
    }
}

/// How much to assign: what was asked for, or the smaller of what is open on either side.
///
/// An explicit amount is limited by the movement only; the document may become overpaid (contract section 11).
///
/// # Errors
/// `amount_not_positive`, `amount_exceeds_open_amount`, `no_open_amount`, `currency_mismatch`.
pub fn amount_to_assign(free: Money, open: Money, asked: Option<Money>) -> Result<Money, Error> {
    let exceeds = || Error::new(Code::AmountExceedsOpenAmount).with("open_amount", free.amount());
    match asked {
        Some(asked) if !asked.is_positive() => Err(Error::new(Code::AmountNotPositive)),
        Some(asked) if free.min(asked)? != asked => Err(exceeds()),
        Some(asked) => {
            open.checked_sub(asked)?;
            Ok(asked)
        }
        None if free.is_zero() => Err(exceeds()),
        None if !open.is_positive() => {
            free.checked_sub(open)?;
            Err(Error::new(Code::NoOpenAmount))
        }
        None => Ok(free.min(open)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Currency;

    #[test]
    fn the_default_is_the_smaller_side_and_an_explicit_amount_is_limited_by_the_movement() {
        let eur = |minor| Money::new(minor, Currency::EUR);
        let code = |free, open, asked: Option<i64>| {
            amount_to_assign(eur(free), eur(open), asked.map(eur)).map(Money::minor).map_err(|error| error.code())
        };
        assert_eq!(code(150, 100, None), Ok(100));
        assert_eq!(code(50, 100, None), Ok(50));
        assert_eq!(code(50, 0, None), Err(Code::NoOpenAmount));
        assert_eq!(code(50, -10, None), Err(Code::NoOpenAmount));
        assert_eq!(code(0, 100, None), Err(Code::AmountExceedsOpenAmount));
        assert_eq!(code(50, 10, Some(50)), Ok(50));
        assert_eq!(code(50, 100, Some(51)), Err(Code::AmountExceedsOpenAmount));
        assert_eq!(code(50, 100, Some(0)), Err(Code::AmountNotPositive));
        assert_eq!(code(50, 100, Some(-1)), Err(Code::AmountNotPositive));
    }
}
