//! What does a row move, and what of it is charges?
//!
//! The profile says where the amount stands and what makes it positive or negative. Where a row leaves that open it moves
//! nothing and makes an issue: no sign is guessed, and no charge is taken out of an amount that does not add up.

use super::super::emitter::{Emitter, both};
use super::super::values::{AmountFault, currency, excerpt};
use super::line::Entry;
use super::profile::{Field, NumberStyle, SignRule};
use super::purpose::{Parts, split};
use super::values::{Amount, amount, fold};
use crate::domain::money::{Currency, Money};

/// Letters of a code: of a currency, or `S` and `H`.
const CODE_MAX: usize = 3;
/// Digits of an amount. Numbers of accounts and cards have more.
const DIGITS_MAX: usize = 12;

/// Whether a cell that should be an amount may be told to everybody. In a row that is shifted it may hold a name or an
/// account: only digits with at most a currency in front or a code behind are shown.
fn is_quotable(text: &str) -> bool {
    let text = text.trim();
    let behind = text.trim_start_matches(char::is_alphabetic);
    let body = behind.trim_end_matches(char::is_alphabetic);
    let before = text.strip_suffix(behind).unwrap_or_default();
    let after = behind.strip_prefix(body).unwrap_or_default();
    let is_code = |text: &str| text.len() <= CODE_MAX && text.bytes().all(|byte| byte.is_ascii_uppercase());
    let digits = body.chars().filter(char::is_ascii_digit).count();
    matches!(before.len(), 0 | CODE_MAX)
        && [before, after].into_iter().all(is_code)
        && (1..=DIGITS_MAX).contains(&digits)
        && !body.contains(char::is_alphabetic)
}

impl Entry<'_> {
    /// What moved, and the charges on it; none with an issue.
    pub(super) fn money(&self, emitter: &mut Emitter<'_>) -> Option<(Money, Option<Money>)> {
        let rules = &self.found.profile.rules;
        let named = Some(self.text(Field::Currency)).filter(|code| !code.is_empty());
        let named = named.map(|code| if code == "€" { "EUR" } else { code });
        let currency = match currency(named, rules.currency.or(Some(self.currency))) {
            Ok(currency) => currency,
            Err(fault) => {
                let message = match named.filter(|code| code.chars().count() > CODE_MAX) {
                    Some(_) => "the cell holds no ISO 4217 currency; ask the bank for a correct file".into(),
                    None => fault.words(),
                };
                self.error(Field::Currency, fault.code(), message, emitter);
                return None;
            }
        };
        let (field, read) = self.signed(currency);
        let main = match read {
            Ok(main) => main,
            Err(fault) => {
                self.refuse(field, &fault, emitter);
                return None;
            }
        };
        let fee = self.beside(currency, emitter)?;
        if main.is_zero() && fee.is_none_or(Money::is_zero) {
            self.warn(field, "zero_amount", "the amount is zero; it moves nothing and makes no line", emitter);
            return None;
        }
        match fee {
            Some(fee) => Some((main, Some(fee))),
            None => Some(self.inside(main, emitter)),
        }
    }

    fn refuse(&self, field: Field, fault: &Fault, emitter: &mut Emitter<'_>) {
        match fault {
            Fault::Amount(AmountFault::NotAnAmount(text)) => {
                let style = match self.found.numbers {
                    NumberStyle::Comma => "1.234,56",
                    NumberStyle::Point | NumberStyle::Detected => "1,234.56",
                };
                let quoted = || (format!("'{text}'"), format!("'{text}'"));
                let unquoted = || ("the text in the cell".to_owned(), "der Text der Zelle".to_owned());
                let (what, was) = if is_quotable(text) { quoted() } else { unquoted() };
                let message = both(
                    format!(
                        "{what} is no amount written as {style}, or could be two; correct the profile, or enter it by hand"
                    ),
                    format!(
                        "{was} ist kein Betrag der Form {style}, oder könnte zwei sein; berichtigen Sie das Profil oder erfassen Sie ihn von Hand"
                    ),
                );
                self.error(field, "invalid_amount", message, emitter);
            }
            Fault::Amount(fault) => self.error(field, fault.code(), fault.words(), emitter),
            Fault::Direction => {
                let message = "the row does not say for sure whether money came or went; correct the profile, or enter it by hand";
                self.error(field, "missing_direction", message, emitter);
            }
        }
    }

    /// The amount as the account sees it, and where it was found.
    fn signed(&self, currency: Currency) -> (Field, Result<Money, Fault>) {
        match &self.found.profile.rules.sign {
            SignRule::Signed => (Field::Amount, self.plain(Field::Amount, currency)),
            SignRule::TwoColumns => self.of_two_columns(currency),
            SignRule::Marked { debit, credit } => (Field::Amount, self.marked(currency, debit, credit)),
        }
    }

    fn read(&self, field: Field, currency: Currency) -> Result<Amount, Fault> {
        amount(self.text(field), self.found.numbers, currency).map_err(Fault::Amount)
    }

    fn plain(&self, field: Field, currency: Currency) -> Result<Money, Fault> {
        let read = self.read(field, currency)?;
        match read.mark {
            None => Ok(read.money),
            Some(_) => Err(Fault::Amount(AmountFault::NotAnAmount(excerpt(self.text(field))))),
        }
    }

    fn of_two_columns(&self, currency: Currency) -> (Field, Result<Money, Fault>) {
        let side = |field| {
            if self.text(field).is_empty() {
                Ok(None)
            } else {
                self.plain(field, currency).map(|money| Some(money).filter(|money| !money.is_zero()))
            }
        };
        match (side(Field::Debit), side(Field::Credit)) {
            (Err(fault), _) => (Field::Debit, Err(fault)),
            (_, Err(fault)) => (Field::Credit, Err(fault)),
            (Ok(Some(_)), Ok(Some(_))) => (Field::Debit, Err(Fault::Direction)),
            // Some banks write what went with a minus, some without.
            (Ok(Some(debit)), Ok(None)) => (Field::Debit, negative(debit)),
            (Ok(None), Ok(Some(credit))) if credit.is_negative() => (Field::Credit, Err(Fault::Direction)),
            (Ok(None), Ok(Some(credit))) => (Field::Credit, Ok(credit)),
            (Ok(None), Ok(None)) if !self.text(Field::Amount).is_empty() => {
                (Field::Amount, self.plain(Field::Amount, currency))
            }
            (Ok(None), Ok(None)) if self.text(Field::Debit).is_empty() && self.text(Field::Credit).is_empty() => {
                (Field::Debit, Err(Fault::Amount(AmountFault::Missing)))
            }
            (Ok(None), Ok(None)) => (Field::Debit, Ok(Money::zero(currency))),
        }
    }

    fn marked(&self, currency: Currency, debit: &[String], credit: &[String]) -> Result<Money, Fault> {
        let read = self.read(Field::Amount, currency)?;
        let column = Some(self.text(Field::Mark)).filter(|mark| !mark.is_empty()).map(str::to_owned);
        let mark = fold(&column.or(read.mark).unwrap_or_default());
        let is = |words: &[String]| words.iter().any(|word| fold(word) == mark);
        match (is(debit), is(credit)) {
            _ if read.money.is_negative() => Err(Fault::Direction),
            (true, false) => negative(read.money),
            (false, true) => Ok(read.money),
            _ => Err(Fault::Direction),
        }
    }

    /// Charges in a column of their own that come on top; the outer none is an issue.
    fn beside(&self, currency: Currency, emitter: &mut Emitter<'_>) -> Option<Option<Money>> {
        if self.text(Field::Fee).is_empty() {
            return Some(None);
        }
        match self.plain(Field::Fee, currency) {
            Ok(fee) => Some(Some(fee)),
            Err(fault) => {
                self.refuse(Field::Fee, &fault, emitter);
                None
            }
        }
    }

    /// Charges within the amount are taken out where what is left is the amount the row calls the original one.
    fn inside(&self, whole: Money, emitter: &mut Emitter<'_>) -> (Money, Option<Money>) {
        let purpose = self.text(Field::Purpose);
        let parts = if purpose.contains("OAMT+") { split(purpose) } else { Parts::default() };
        let read = |field, text: Option<String>| {
            let text = Some(self.text(field)).filter(|text| !text.is_empty()).map(str::to_owned).or(text)?;
            amount(&text, self.found.numbers, whole.currency()).ok()?.money.checked_abs().ok()
        };
        let (original, charges) =
            (read(Field::OriginalAmount, parts.original_amount), read(Field::Charges, parts.charges));
        let (Some(original), Some(charges)) = (original, charges.filter(|charges| !charges.is_zero())) else {
            return (whole, None);
        };
        let same = |part: Money| if whole.is_negative() { part.checked_neg().ok() } else { Some(part) };
        match (whole.checked_abs(), original.checked_add(charges), same(original).zip(same(charges))) {
            (Ok(all), Ok(sum), Some((main, fee))) if all == sum => (main, Some(fee)),
            (Ok(all), ..) if all == original => (whole, None),
            _ => {
                let message = "the charges and the original amount do not add up to the amount; it stays one line";
                self.warn(Field::Charges, "charges_not_split", message, emitter);
                (whole, None)
            }
        }
    }
}

/// Why an amount is none.
enum Fault {
    Amount(AmountFault),
    Direction,
}

fn negative(money: Money) -> Result<Money, Fault> {
    let negated = money.checked_abs().and_then(Money::checked_neg);
    negated.map_err(|_| Fault::Amount(AmountFault::TooLarge))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_quoted_only_where_it_can_be_no_name_and_no_account() {
        for text in ["1.234", "1,234.56", "EUR 12,3.4", "5,00 USD", "119,00 X", "-1.234,56-", "999.999.999,999"] {
            assert!(is_quotable(text), "{text}");
        }
        for text in [
            "Erika",
            "Max",
            "zwölf",
            "inf",
            "12 Muster",
            "Weg 7",
            "1e3",
            "DE89370400440532013000",
            "DE89 3704 0044 0532 0130 00",
            "NO9386011117947",
            "4111 1111 1111 1111",
            "RE-2026-7",
            "",
        ] {
            assert!(!is_quotable(text), "{text}");
        }
    }
}
