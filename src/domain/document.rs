//! Lines and totals of sales documents: quantity, unit price, tax rate in; net, tax and gross out.
//!
//! Rounding is commercial (half away from zero) and happens twice only: a line's total (quantity times unit price)
//! and the tax of all lines of one rate. The tax of a rate is then spread over its lines by largest remainder, so that
//! lines add up to the rate and rates add up to the document. What a line's corrections take is the rounded share of
//! the quantity corrected **so far** minus what earlier corrections took: any split of a line into corrections adds up
//! to the line to the minor unit (lesson R37).

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::domain::money::{Currency, Money, MoneyError, Rounding};

/// A quantity in millionths of a unit, so that `0.125 kg` and `1` are integers in both databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity(pub i64);

/// A tax rate in millionths (19 % = 190 000).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TaxRate(pub i64);

/// Reads a plain decimal with at most `digits` decimals as an integer of that scale.
fn parse_scaled(text: &str, digits: u32) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let places = u32::try_from(fraction.len()).ok()?;
    if !plain(whole) || !plain(fraction) || places > digits || (whole.len() > 1 && whole.starts_with('0')) {
        return None;
    }
    let scale = 10_i64.checked_pow(digits)?;
    let shift = 10_i64.checked_pow(digits.checked_sub(places)?)?;
    let fraction = fraction.parse::<i64>().ok()?.checked_mul(shift)?;
    whole.parse::<i64>().ok()?.checked_mul(scale)?.checked_add(fraction)
}

impl Quantity {
    /// Reads `1`, `2.5`, `0.125`: positive, at most six decimals.
    pub fn parse(text: &str) -> Option<Self> {
        parse_scaled(text, 6).filter(|micros| *micros > 0).map(Self)
    }

    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.0, 6).normalize()
    }
}

impl TaxRate {
    /// Reads a rate in percent: `19`, `7`, `5.5`, `0`; at most four decimals, at most 100.
    pub fn parse(text: &str) -> Option<Self> {
        parse_scaled(text, 4).filter(|ppm| *ppm <= 1_000_000).map(Self)
    }

    pub fn to_percent(self) -> Decimal {
        Decimal::new(self.0, 4).normalize()
    }

    fn to_factor(self) -> Decimal {
        Decimal::new(self.0, 6)
    }
}

crate::codes! {
    /// Whether unit prices hold the tax already.
    pub enum PriceBasis {
        Net = "net",
        Gross = "gross",
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineInput {
    pub quantity: Quantity,
    pub unit_price: Money,
    pub tax_rate: TaxRate,
}

/// Net, tax and gross in one currency; gross is always net plus tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    pub net: Money,
    pub tax: Money,
    pub gross: Money,
}

impl Totals {
    pub const fn zero(currency: Currency) -> Self {
        Self { net: Money::zero(currency), tax: Money::zero(currency), gross: Money::zero(currency) }
    }

    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        Ok(Self {
            net: self.net.checked_add(other.net)?,
            tax: self.tax.checked_add(other.tax)?,
            gross: self.gross.checked_add(other.gross)?,
        })
    }

    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        Ok(Self {
            net: self.net.checked_sub(other.net)?,
            tax: self.tax.checked_sub(other.tax)?,
            gross: self.gross.checked_sub(other.gross)?,
        })
    }

    pub fn sum(parts: impl IntoIterator<Item = Self>, currency: Currency) -> Result<Self, MoneyError> {
        parts.into_iter().try_fold(Self::zero(currency), Self::checked_add)
    }
}

/// Totals of every line of a document, in the order of the lines.
///
/// # Errors
/// When an amount leaves 64 bits or the currencies differ.
pub fn line_totals(lines: &[LineInput], basis: PriceBasis, currency: Currency) -> Result<Vec<Totals>, MoneyError> {
    let mut amounts = Vec::with_capacity(lines.len());
    let mut by_rate: BTreeMap<TaxRate, Vec<usize>> = BTreeMap::new();
    for (index, line) in lines.iter().enumerate() {
        amounts.push(line.unit_price.share(line.quantity.to_decimal(), Rounding::HalfAwayFromZero)?);
        by_rate.entry(line.tax_rate).or_default().push(index);
    }
    let mut totals = vec![Totals::zero(currency); lines.len()];
    for (rate, indexes) in by_rate {
        let of_rate: Vec<Money> = indexes.iter().filter_map(|index| amounts.get(*index).copied()).collect();
        let taxes = taxes_of_rate(&of_rate, rate, basis, currency)?;
        for ((index, amount), tax) in indexes.iter().zip(of_rate).zip(taxes) {
            let line = match basis {
                PriceBasis::Net => Totals { net: amount, tax, gross: amount.checked_add(tax)? },
                PriceBasis::Gross => Totals { net: amount.checked_sub(tax)?, tax, gross: amount },
            };
            if let Some(slot) = totals.get_mut(*index) {
                *slot = line;
            }
        }
    }
    Ok(totals)
}

/// Rounds the tax of one rate once and spreads it over the lines.
fn taxes_of_rate(
    amounts: &[Money],
    rate: TaxRate,
    basis: PriceBasis,
    currency: Currency,
) -> Result<Vec<Money>, MoneyError> {
    let sum = Money::sum(amounts.iter().copied(), currency)?;
    let factor = match basis {
        PriceBasis::Net => rate.to_factor(),
        PriceBasis::Gross => {
            let whole = Decimal::ONE.checked_add(rate.to_factor()).ok_or(MoneyError::Overflow)?;
            rate.to_factor().checked_div(whole).ok_or(MoneyError::Overflow)?
        }
    };
    let tax = sum.share(factor, Rounding::HalfAwayFromZero)?;
    let weights: Vec<u64> = amounts.iter().map(|amount| amount.minor().unsigned_abs()).collect();
    if weights.iter().all(|weight| *weight == 0) {
        return Ok(vec![Money::zero(currency); amounts.len()]);
    }
    tax.allocate(&weights)
}

/// A line as invoiced and what corrections took of it so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CorrectableLine {
    pub invoiced_quantity: Quantity,
    pub invoiced: Totals,
    pub corrected_quantity: Quantity,
    pub corrected: Totals,
}

impl CorrectableLine {
    /// What is left to correct.
    pub fn remaining(&self) -> Quantity {
        Quantity(self.invoiced_quantity.0.saturating_sub(self.corrected_quantity.0))
    }

    /// What correcting `quantity` more takes: the rounded share so far, minus what was taken.
    ///
    /// # Errors
    /// When an amount leaves 64 bits, or the quantity is more than remains ([`MoneyError::Overflow`]).
    pub fn share(&self, quantity: Quantity) -> Result<Totals, MoneyError> {
        let so_far = self.corrected_quantity.0.checked_add(quantity.0).ok_or(MoneyError::Overflow)?;
        if so_far > self.invoiced_quantity.0 {
            return Err(MoneyError::Overflow);
        }
        if so_far == self.invoiced_quantity.0 {
            return self.invoiced.checked_sub(self.corrected);
        }
        let factor =
            Decimal::from(so_far).checked_div(Decimal::from(self.invoiced_quantity.0)).ok_or(MoneyError::Overflow)?;
        let gross = self.invoiced.gross.share(factor, Rounding::HalfAwayFromZero)?;
        let tax = self.invoiced.tax.share(factor, Rounding::HalfAwayFromZero)?;
        Totals { net: gross.checked_sub(tax)?, tax, gross }.checked_sub(self.corrected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn eur(minor: i64) -> Money {
        Money::new(minor, Currency::EUR)
    }

    fn line(quantity: &str, price: i64, rate: &str) -> LineInput {
        LineInput {
            quantity: Quantity::parse(quantity).unwrap(),
            unit_price: eur(price),
            tax_rate: TaxRate::parse(rate).unwrap(),
        }
    }

    #[test]
    fn quantities_and_rates_are_plain_positive_decimals() {
        assert_eq!(Quantity::parse("0.125").unwrap().0, 125_000);
        assert_eq!(Quantity::parse("2.50").unwrap().to_decimal().to_string(), "2.5");
        assert_eq!(TaxRate::parse("19").unwrap().0, 190_000);
        for wrong in ["0", "-1", "1.0000001", "1e3", "", ".5", "1.", "01", "99999999999999"] {
            assert_eq!(Quantity::parse(wrong), None, "{wrong}");
        }
        for wrong in ["-1", "100.0001", "19%", ""] {
            assert_eq!(TaxRate::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn tax_is_rounded_once_per_rate() {
        // Three lines of 0.33 net at 19 %: 0.99 net, tax 0.1881 rounds to 0.19 although each line alone gives 0.06.
        let lines = [line("1", 33, "19"), line("1", 33, "19"), line("1", 33, "19")];
        let totals = line_totals(&lines, PriceBasis::Net, Currency::EUR).unwrap();
        let sum = Totals::sum(totals, Currency::EUR).unwrap();
        assert_eq!((sum.net, sum.tax, sum.gross), (eur(99), eur(19), eur(118)));
    }

    #[test]
    fn gross_prices_hold_their_tax() {
        let totals =
            line_totals(&[line("1", 11_900, "19"), line("2", 1_070, "7")], PriceBasis::Gross, Currency::EUR).unwrap();
        assert_eq!(totals[0], Totals { net: eur(10_000), tax: eur(1_900), gross: eur(11_900) });
        assert_eq!(totals[1], Totals { net: eur(2_000), tax: eur(140), gross: eur(2_140) });
    }

    proptest! {
        #[test]
        fn lines_add_up_and_gross_is_net_plus_tax(
            inputs in prop::collection::vec((1i64..50_000_000, 0i64..10_000_000, prop::sample::select(vec![0i64, 70_000, 190_000])), 1..20),
            gross in any::<bool>(),
        ) {
            let basis = if gross { PriceBasis::Gross } else { PriceBasis::Net };
            let lines: Vec<LineInput> = inputs.iter().map(|(quantity, price, rate)| LineInput {
                quantity: Quantity(*quantity), unit_price: eur(*price), tax_rate: TaxRate(*rate),
            }).collect();
            let totals = line_totals(&lines, basis, Currency::EUR).unwrap();
            for line in &totals {
                prop_assert_eq!(line.net.checked_add(line.tax).unwrap(), line.gross);
            }
        }

        #[test]
        fn any_split_into_corrections_adds_up_to_the_line(
            quantity in 1i64..40_000_000, net in 0i64..5_000_000, tax in 0i64..1_000_000,
            cuts in prop::collection::vec(1i64..10_000_000, 0..8),
        ) {
            let invoiced = Totals { net: eur(net), tax: eur(tax), gross: eur(net + tax) };
            let mut state = CorrectableLine {
                invoiced_quantity: Quantity(quantity), invoiced,
                corrected_quantity: Quantity(0), corrected: Totals::zero(Currency::EUR),
            };
            for cut in cuts.into_iter().chain([quantity]) {
                let take = Quantity(cut.min(state.remaining().0));
                if take.0 == 0 { break; }
                let totals = state.share(take).unwrap();
                prop_assert!(!totals.gross.is_negative() && !totals.tax.is_negative());
                state.corrected_quantity.0 += take.0;
                state.corrected = state.corrected.checked_add(totals).unwrap();
            }
            prop_assert_eq!(state.corrected, invoiced);
        }
    }
}
