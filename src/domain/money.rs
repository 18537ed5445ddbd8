//! Money: integer minor units in one currency, and nothing else.
//!
//! There is no `Add` or `Sub` on purpose: an operator cannot say what happens when currencies differ or an
//! i64 overflows, a checked function can. The only way to round is [`Money::share`], which names the rounding.
//! Text in, text out: JSON carries `{"amount":"12.30","currency":"EUR"}`; more digits than the currency has
//! are refused, never rounded. Never store a decimal or a float (SQLite loses digits in decimal columns).

use std::fmt;

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

pub use super::currency::Currency;

/// Why a text is no amount, or why two amounts do not combine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    #[error("'{0}' is not an ISO 4217 currency code")]
    UnknownCurrency(String),
    #[error("'{0}' is not a decimal amount such as 12.30")]
    NotAnAmount(String),
    #[error("{currency} has {digits} decimals")]
    TooManyDecimals { currency: Currency, digits: u32 },
    #[error("the amount is too large")]
    Overflow,
    #[error("{0} and {1} cannot be combined")]
    CurrencyMismatch(Currency, Currency),
}

/// How [`Money::share`] and [`Money::from_decimal`] round a half cent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// Commercial rounding (DIN 1333, kaufmaennisch): half away from zero. Used for line totals and tax.
    HalfAwayFromZero,
    /// Towards zero.
    Down,
}

/// An amount of minor units in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

/// The largest amount that anybody can name, in minor units: sums over thousands of such rows still fit into 64 bits.
pub const MAX_MINOR: i64 = 999_999_999_999_999;

impl Money {
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    pub const fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// Parses `-?digits[.digits]`. No exponent, no plus sign, no separators, no leading zeros, no bare point.
    ///
    /// # Errors
    /// [`MoneyError::NotAnAmount`] for another shape, [`MoneyError::TooManyDecimals`] for more digits than the
    /// currency has (also zeros), [`MoneyError::Overflow`] beyond [`MAX_MINOR`].
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let wrong = || MoneyError::NotAnAmount(text.chars().take(40).collect());
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = match digits.split_once('.') {
            Some((_, "")) => return Err(wrong()),
            Some(parts) => parts,
            None => (digits, ""),
        };
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let leading_zero = whole.len() > 1 && whole.starts_with('0');
        if whole.is_empty() || leading_zero || !all_digits(whole) || !all_digits(fraction) {
            return Err(wrong());
        }
        let places = currency.digits();
        let given = u32::try_from(fraction.len()).map_err(|_| wrong())?;
        let missing = places.checked_sub(given).ok_or(MoneyError::TooManyDecimals { currency, digits: places })?;
        let whole: i64 = whole.parse().map_err(|_| MoneyError::Overflow)?;
        let fraction: i64 = if fraction.is_empty() { 0 } else { fraction.parse().map_err(|_| MoneyError::Overflow)? };
        let fraction = 10_i64.checked_pow(missing).and_then(|factor| fraction.checked_mul(factor));
        let minor = whole
            .checked_mul(currency.scale())
            .zip(fraction)
            .and_then(|(whole, fraction)| whole.checked_add(fraction))
            .ok_or(MoneyError::Overflow)?;
        Self::named(if negative { minor.checked_neg().ok_or(MoneyError::Overflow)? } else { minor }, currency)
    }

    fn named(minor: i64, currency: Currency) -> Result<Self, MoneyError> {
        let named = (-MAX_MINOR..=MAX_MINOR).contains(&minor);
        if named { Ok(Self { minor, currency }) } else { Err(MoneyError::Overflow) }
    }

    /// Rounds a decimal amount of major units to minor units.
    pub fn from_decimal(value: Decimal, currency: Currency, rounding: Rounding) -> Result<Self, MoneyError> {
        let strategy = match rounding {
            Rounding::HalfAwayFromZero => RoundingStrategy::MidpointAwayFromZero,
            Rounding::Down => RoundingStrategy::ToZero,
        };
        let minor = value
            .checked_mul(Decimal::from(currency.scale()))
            .map(|scaled| scaled.round_dp_with_strategy(0, strategy))
            .and_then(|rounded| rounded.to_i64())
            .ok_or(MoneyError::Overflow)?;
        Self::named(minor, currency)
    }

    /// This amount times a factor: the one door through which money is rounded.
    pub fn share(self, factor: Decimal, rounding: Rounding) -> Result<Self, MoneyError> {
        let value = self.to_decimal().checked_mul(factor).ok_or(MoneyError::Overflow)?;
        Self::from_decimal(value, self.currency, rounding)
    }

    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.minor, self.currency.digits())
    }

    pub const fn minor(self) -> i64 {
        self.minor
    }

    pub const fn currency(self) -> Currency {
        self.currency
    }

    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.checked_add(other.checked_neg()?)
    }

    pub fn checked_neg(self) -> Result<Self, MoneyError> {
        let minor = self.minor.checked_neg().ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    pub fn checked_abs(self) -> Result<Self, MoneyError> {
        if self.minor < 0 { self.checked_neg() } else { Ok(self) }
    }

    /// The smaller of two amounts of the same currency.
    pub fn min(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        Ok(Self { minor: self.minor.min(other.minor), ..self })
    }

    /// The sum of `parts`, zero when there are none.
    pub fn sum(parts: impl IntoIterator<Item = Self>, currency: Currency) -> Result<Self, MoneyError> {
        parts.into_iter().try_fold(Self::zero(currency), Self::checked_add)
    }

    /// Splits the amount by `weights` so that the parts add up to the whole: what rounding leaves over goes, a
    /// minor unit each, to the parts with the largest remainder (ties: the earlier part).
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] when there is no positive weight.
    pub fn allocate(self, weights: &[u64]) -> Result<Vec<Self>, MoneyError> {
        let total: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
        if total == 0 {
            return Err(MoneyError::Overflow);
        }
        let whole = u128::from(self.minor.unsigned_abs());
        let mut shares = Vec::with_capacity(weights.len());
        for weight in weights {
            let product = whole.checked_mul(u128::from(*weight)).ok_or(MoneyError::Overflow)?;
            shares.push((product.div_euclid(total), product.rem_euclid(total)));
        }
        let given = shares.iter().map(|(share, _)| *share).sum::<u128>();
        let mut left = whole.checked_sub(given).ok_or(MoneyError::Overflow)?;
        let mut order: Vec<usize> = (0..shares.len()).collect();
        order.sort_by_key(|index| std::cmp::Reverse(shares.get(*index).map_or(0, |(_, rest)| *rest)));
        for index in order {
            if let (Some((share, _)), Some(less)) = (shares.get_mut(index), left.checked_sub(1)) {
                *share = share.checked_add(1).ok_or(MoneyError::Overflow)?;
                left = less;
            }
        }
        shares
            .into_iter()
            .map(|(share, _)| {
                let minor = i64::try_from(share).map_err(|_| MoneyError::Overflow)?;
                let minor = if self.minor < 0 { minor.checked_neg().ok_or(MoneyError::Overflow)? } else { minor };
                Ok(Self { minor, ..self })
            })
            .collect()
    }

    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    pub const fn is_positive(self) -> bool {
        self.minor > 0
    }

    pub const fn is_negative(self) -> bool {
        self.minor < 0
    }

    /// The amount as text with exactly the currency's digits, without the currency: `-0.05`, `12.30`.
    pub fn amount(self) -> String {
        self.to_decimal().to_string()
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch(self.currency, other.currency))
        }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.to_decimal(), self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn eur(text: &str) -> Result<Money, MoneyError> {
        Money::parse(text, Currency::EUR)
    }

    #[test]
    fn amounts_are_read_and_written_with_the_digits_of_the_currency() {
        for (text, minor, written) in
            [("119", 11_900, "119.00"), ("0.5", 50, "0.50"), ("-0.05", -5, "-0.05"), ("12.30", 1_230, "12.30")]
        {
            let money = eur(text).unwrap();
            assert_eq!((money.minor(), money.amount().as_str()), (minor, written));
        }
        let yen = Money::parse("1200", Currency::parse("JPY").unwrap()).unwrap();
        assert_eq!((yen.minor(), yen.amount().as_str()), (1_200, "1200"));
        let dinar = Money::parse("1.234", Currency::parse("KWD").unwrap()).unwrap();
        assert_eq!(dinar.minor(), 1_234);
    }

    #[test]
    fn what_is_no_plain_decimal_is_refused() {
        for text in ["", "-", "+1", "1e3", "1_000", "1.", ".5", "01", "1,00", " 1", "1 ", "0x1", "NaN", "1.0.0", "١"] {
            assert!(matches!(eur(text), Err(MoneyError::NotAnAmount(_))), "{text}");
        }
        for text in ["1.000", "0.001", "1.230"] {
            assert!(matches!(eur(text), Err(MoneyError::TooManyDecimals { digits: 2, .. })), "{text}");
        }
        assert_eq!(eur("92233720368547758.08"), Err(MoneyError::Overflow));
        assert_eq!(eur("999999999999999999999999"), Err(MoneyError::Overflow));
    }

    #[test]
    fn only_real_currencies_with_minor_units_exist() {
        for code in ["EUR", "CHF", "JPY", "KWD", "USD"] {
            assert!(Currency::parse(code).is_ok(), "{code}");
        }
        for code in ["eur", "XAU", "XTS", "XXX", "EURO", "", "E1R"] {
            assert!(Currency::parse(code).is_err(), "{code}");
        }
    }

    #[test]
    fn currencies_do_not_mix() {
        let one = eur("1.00").unwrap();
        let other = Money::parse("1.00", Currency::parse("USD").unwrap()).unwrap();
        assert!(matches!(one.checked_add(other), Err(MoneyError::CurrencyMismatch(..))));
        assert!(matches!(one.min(other), Err(MoneyError::CurrencyMismatch(..))));
    }

    #[test]
    fn nobody_names_more_than_the_most() {
        assert_eq!(eur("9999999999999.99").unwrap().minor(), MAX_MINOR);
        assert_eq!(eur("-9999999999999.99").unwrap().minor(), -MAX_MINOR);
        for text in ["10000000000000.00", "-10000000000000.00", "92233720368547758.07", "99999999999999999999"] {
            assert!(matches!(eur(text), Err(MoneyError::Overflow)), "{text}");
        }
    }

    #[test]
    fn half_cents_round_away_from_zero() {
        let factor = Decimal::new(5, 1);
        assert_eq!(eur("0.01").unwrap().share(factor, Rounding::HalfAwayFromZero).unwrap().minor(), 1);
        assert_eq!(eur("-0.01").unwrap().share(factor, Rounding::HalfAwayFromZero).unwrap().minor(), -1);
        assert_eq!(eur("0.01").unwrap().share(factor, Rounding::Down).unwrap().minor(), 0);
    }

    proptest! {
        #[test]
        fn text_round_trips(minor in -MAX_MINOR..=MAX_MINOR) {
            let money = Money::new(minor, Currency::EUR);
            prop_assert_eq!(Money::parse(&money.amount(), Currency::EUR).unwrap(), money);
        }

        #[test]
        fn parts_add_up_to_the_whole(minor in any::<i64>(), weights in prop::collection::vec(0u64..1_000_000, 1..12)) {
            prop_assume!(minor != i64::MIN && weights.iter().any(|weight| *weight > 0));
            let whole = Money::new(minor, Currency::EUR);
            let parts = whole.allocate(&weights).unwrap();
            prop_assert_eq!(parts.len(), weights.len());
            prop_assert_eq!(Money::sum(parts, Currency::EUR).unwrap(), whole);
        }

        #[test]
        fn adding_and_taking_away_restores(a in any::<i64>(), b in any::<i64>()) {
            let (a, b) = (Money::new(a, Currency::EUR), Money::new(b, Currency::EUR));
            if let Ok(sum) = a.checked_add(b) {
                prop_assert!(b.minor() == i64::MIN || sum.checked_sub(b).unwrap() == a);
            }
        }

        #[test]
        fn parsing_never_panics(text in ".*") {
            let _ = eur(&text);
        }
    }
}
