//! What do a date and a transaction code of the standard mean? What all formats share is in the module above.

use chrono::NaiveDate;

use super::super::LineKind;
use super::super::codes;
pub(super) use super::super::values::{
    AmountFault, account, amount, clean, currency, excerpt, looks_like_iban, reference,
};
use crate::domain::day;

/// Reads the day of a date or of a date with time, as written: the bank's own day, whatever the zone behind it.
///
/// Which days exist for us is decided in `domain::day`.
pub(super) fn date(text: &str) -> Option<NaiveDate> {
    let rest = text.get(10..)?;
    if rest.starts_with(|character: char| character.is_ascii_digit()) {
        return None;
    }
    day::parse(text.get(..10)?)
}

/// The bank's codes for a movement: ISO 20022 (`PMNT-RCDT-ESCT`) and its own.
#[derive(Debug, Clone, Default)]
pub(super) struct TransactionCode {
    pub(super) domain: Option<String>,
    pub(super) family: Option<String>,
    pub(super) sub_family: Option<String>,
    pub(super) proprietary: Option<String>,
}

impl TransactionCode {
    /// What the codes say beyond the direction of the money, if anything.
    pub(super) fn kind(&self) -> Option<LineKind> {
        self.kind_by_domain().or_else(|| self.kind_by_business_case())
    }

    /// `PMNT-RCDT-ESCT`, the same at every bank.
    pub(super) fn of_standard(&self) -> Option<String> {
        let parts = [self.domain.as_deref()?, self.family.as_deref()?, self.sub_family.as_deref()?];
        Some(parts.join("-"))
    }

    fn kind_by_domain(&self) -> Option<LineKind> {
        match (self.family.as_deref().unwrap_or(""), self.sub_family.as_deref().unwrap_or("")) {
            // Returned and recalled payments, unpaid or reversed direct debits, unpaid cards and cheques.
            (_, "RRTN" | "RPCR" | "UPDD" | "PRDD" | "UPCT" | "UPCQ" | "UPTC") => Some(LineKind::Chargeback),
            (_, "CHRG" | "FEES" | "COMM") => Some(LineKind::Fee),
            ("IDDT" | "RDDT", _) => Some(LineKind::DirectDebit),
            _ => None,
        }
    }

    /// German banks send SWIFT's type and their three-digit business case (GVC) as `NDDT+105+9310`; some send only this.
    fn kind_by_business_case(&self) -> Option<LineKind> {
        let mut parts = self.proprietary.as_deref()?.split('+');
        let (transaction_type, business_case) = (parts.next(), parts.next()?);
        codes::kind(Some(business_case), transaction_type)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_is_the_one_the_bank_wrote() {
        let expected = NaiveDate::from_ymd_opt(2026, 11, 24);
        for text in ["2026-11-24", "2026-11-24T00:30:00+02:00", "2026-11-24+01:00", "2026-11-24T99:99", "2026-11-24Z"] {
            assert_eq!(date(text), expected, "{text}");
        }
        for text in
            ["", "2026-02-30", "24.11.2026", "20261124", "0001-01-01", "2026-11-241", "9999-12-31", "2026-11-2ä"]
        {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn codes_tell_returns_fees_and_direct_debits() {
        let domain = |family: &str, sub_family: &str| TransactionCode {
            family: Some(family.to_owned()),
            sub_family: Some(sub_family.to_owned()),
            ..TransactionCode::default()
        };
        let own = |code: &str| TransactionCode { proprietary: Some(code.to_owned()), ..TransactionCode::default() };
        assert_eq!(domain("IDDT", "UPDD").kind(), Some(LineKind::Chargeback));
        assert_eq!(domain("RDDT", "ESDD").kind(), Some(LineKind::DirectDebit));
        assert_eq!(domain("MDOP", "CHRG").kind(), Some(LineKind::Fee));
        assert_eq!(domain("RCDT", "ESCT").kind(), None);
        assert_eq!(own("NRTI+109+931").kind(), Some(LineKind::Chargeback));
        assert_eq!(own("NTRF+166+931").kind(), None);
        assert_eq!(own("NMSC+805+931").kind(), Some(LineKind::Fee));
        assert_eq!(own("NCHG+835+931").kind(), Some(LineKind::Fee));
        assert_eq!(own("544").kind(), None);
        assert_eq!(domain("RCDT", "ESCT").of_standard(), None);
        let whole = TransactionCode { domain: Some("PMNT".to_owned()), ..domain("RCDT", "ESCT") };
        assert_eq!(whole.of_standard().as_deref(), Some("PMNT-RCDT-ESCT"));
    }
}
