//! Is this statement of that account? Pure.
//!
//! Banks put several accounts into one file, and people choose the wrong one. With IBANs on both sides the answer is
//! sure. A statement with a domestic number fits an IBAN that ends with the whole number, as every IBAN ends with its
//! own. An account without IBAN takes what the first statement of the file is of, and nothing else.

use crate::importers::StatementHeader;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Own,
    /// Not this account's, as far as can be told: its lines are left out.
    Foreign,
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
            (Some(_), Some(_)) => Standing::Foreign,
            (Some(own), None) => match &named {
                Some(number) if !ends_with_number(own, number) => Standing::Foreign,
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

/// Whether an IBAN ends with a domestic account number, with or without the bank's code in front of it. Banks leave
/// leading zeros out: a short number is filled up to the digits the account has, so that it is never taken for the last
/// digits of a longer one, and a bank's code is none.
fn ends_with_number(iban: &str, number: &str) -> bool {
    let plain: String = number.chars().filter(char::is_ascii_alphanumeric).collect();
    let significant = plain.to_uppercase();
    let significant = significant.trim_start_matches('0');
    let digits = account_digits(iban);
    !significant.is_empty() && iban.ends_with(&format!("{significant:0>digits$}"))
}

/// How many digits an account number has at least in an IBAN: ten in most countries that people bank in, more in some.
fn account_digits(iban: &str) -> usize {
    if iban.starts_with("GB") || iban.starts_with("IE") { 8 } else { 10 }
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
        assert_eq!(known.judge(&header(Some("AT611904300234573201"), None)), Standing::Foreign);
        assert_eq!(known.judge(&header(Some(IBAN), None)), Standing::Own);
    }

    #[test]
    fn a_domestic_number_fits_the_iban_that_ends_with_it() {
        let mut known = Ownership::of_account(Some(IBAN.into()));
        for own in ["0532013000", "532013000", "37040044/0532013000"] {
            assert_eq!(known.judge(&header(None, Some(own))), Standing::Own, "{own}");
        }
        for foreign in ["0532013001", "000", "13000", "32013000", "0013000", "37040044", "3704004405"] {
            assert_eq!(known.judge(&header(None, Some(foreign))), Standing::Foreign, "{foreign}");
        }
        assert_eq!(known.judge(&header(None, None)), Standing::Own);
    }

    #[test]
    fn a_short_number_fits_where_the_rest_of_the_account_is_zeros() {
        let short = Ownership::of_account(Some("DE02120300000000013000".into()));
        let mut british = Ownership::of_account(Some("GB29NWBK60161331926819".into()));
        for own in ["13000", "0000013000", "12030000/0000013000"] {
            assert_eq!(short.clone().judge(&header(None, Some(own))), Standing::Own, "{own}");
        }
        assert_eq!(short.clone().judge(&header(None, Some("3000"))), Standing::Foreign);
        assert_eq!(british.judge(&header(None, Some("31926819"))), Standing::Own);
    }

    #[test]
    fn an_account_without_iban_takes_one_account_of_a_file() {
        let mut unknown = Ownership::of_account(None);
        assert_eq!(unknown.judge(&header(Some(IBAN), None)), Standing::Own);
        assert_eq!(unknown.judge(&header(None, Some("0532013001"))), Standing::Foreign);
        assert_eq!(unknown.judge(&header(Some(IBAN), None)), Standing::Own);
    }
}
