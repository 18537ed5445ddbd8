//! Currencies of ISO 4217 with their minor units.

use std::fmt;
use std::str::FromStr;

use super::money::MoneyError;

/// An ISO 4217 currency with a known number of minor digits (0 to 4).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    pub const EUR: Currency = Currency(iso_currency::Currency::EUR);

    /// Parses an upper-case ISO 4217 code. Codes without minor units (gold, testing, funds) are refused.
    pub fn parse(code: &str) -> Result<Self, MoneyError> {
        let unknown = || MoneyError::UnknownCurrency(code.chars().take(8).collect());
        if code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(unknown());
        }
        let currency = iso_currency::Currency::from_code(code).ok_or_else(unknown)?;
        match currency.exponent() {
            Some(_) if !currency.is_fund() && !currency.is_special() => Ok(Self(currency)),
            _ => Err(unknown()),
        }
    }

    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// Number of digits after the decimal point: EUR 2, JPY 0, KWD 3.
    pub fn digits(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }

    pub(super) fn scale(self) -> i64 {
        10_i64.pow(self.digits())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(code: &str) -> Result<Self, MoneyError> {
        Self::parse(code)
    }
}
