//! Is this statement of that account? Pure.
//!
//! Banks put several accounts into one file, and people choose the wrong one. With IBANs on both sides the answer is
//! sure. A statement with a domestic number fits an IBAN that contains the number, as every IBAN contains its own.
//! An account without IBAN takes what the first statement of the file is of, and nothing else.

use crate::importers::StatementHeader;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Own,
    /// Not this account's, as far as can be told: its lines are left out.
    Foreign,
    /// Surely another account: the file was given to the wrong one.
    Wrong,
}

/// Asked for each statement of a file, in order.
#[derive(Debug, Clone)]
pub struct Ownership {
    iban: Option<String>,
    first: Option<Option<String>>,
}

impl Ownership {
    pub const fn of_account(iban: Option<String>) -> Self {
        Self { iban, first: None }
    }

    pub fn judge(&mut self, header: &StatementHeader) -> Standing {
        let named = header.account_iban.clone().or_else(|| header.account_other.clone());
        match (&self.iban, &header.account_iban) {
            (Some(own), Some(given)) if own == given => Standing::Own,
            (Some(_), Some(_)) => Standing::Wrong,
            (Some(own), None) => match &named {
                Some(number) if !contains(own, number) => Standing::Foreign,
                _ => Standing::Own,
            },
            (None, _) => {
                if *self.first.get_or_insert_with(|| named.clone()) == named {
                    Standing::Own
                } else {
                    Standing::Foreign
                }
            }
        }
    }
}

fn contains(iban: &str, number: &str) -> bool {
    let plain: String = number.chars().filter(char::is_ascii_alphanumeric).collect();
    let significant = plain.to_uppercase();
    let significant = significant.trim_start_matches('0');
    !significant.is_empty() && iban.contains(significant)
}

#[cfg(test)]
mod tests {
    use super::*;

    const IBAN: &str = "DE89370400440532013000";

    fn header(iban: Option<&str>, other: Option<&str>) -> StatementHeader {
        StatementHeader {
            account_iban: iban.map(str::to_owned),
            account_other: other.map(str::to_owned),
            ..StatementHeader::default()
        }
    }

    #[test]
    fn an_iban_decides_where_both_sides_have_one() {
        let mut known = Ownership::of_account(Some(IBAN.into()));
        assert_eq!(known.judge(&header(Some(IBAN), None)), Standing::Own);
        assert_eq!(known.judge(&header(Some("AT611904300234573201"), None)), Standing::Wrong);
    }

    #[test]
    fn a_domestic_number_fits_the_iban_that_contains_it() {
        let mut known = Ownership::of_account(Some(IBAN.into()));
        for own in ["0532013000", "532013000", "37040044/0532013000"] {
            assert_eq!(known.judge(&header(None, Some(own))), Standing::Own, "{own}");
        }
        for foreign in ["0532013001", "000"] {
            assert_eq!(known.judge(&header(None, Some(foreign))), Standing::Foreign, "{foreign}");
        }
        assert_eq!(known.judge(&header(None, None)), Standing::Own);
    }

    #[test]
    fn an_account_without_iban_takes_one_account_of_a_file() {
        let mut unknown = Ownership::of_account(None);
        assert_eq!(unknown.judge(&header(Some(IBAN), None)), Standing::Own);
        assert_eq!(unknown.judge(&header(None, Some("0532013001"))), Standing::Foreign);
        assert_eq!(unknown.judge(&header(Some(IBAN), None)), Standing::Own);
    }
}
