//! The merchant's bank statement: a CAMT.053.001.08 document as German banks send them.

use std::fmt::Write;

use chrono::NaiveDate;

/// The merchant's account. A published example IBAN, no real account.
pub const IBAN: &str = "DE89370400440532013000";

/// One booked entry.
pub struct Entry {
    pub date: NaiveDate,
    /// Signed, in cents.
    pub minor: i64,
    pub name: &'static str,
    pub iban: &'static str,
    pub purpose: String,
    /// Sub-family of the bank transaction code: `ESCT` transfer, `CHRG` fee, `ESDD` direct debit.
    pub family: (&'static str, &'static str),
}

fn amount(minor: u64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Writes the statement of a day.
pub fn write(day: NaiveDate, opening_minor: i64, entries: &[Entry]) -> Vec<u8> {
    let closing = entries.iter().fold(opening_minor, |sum, entry| sum.saturating_add(entry.minor));
    let mut text = String::new();
    let id = day.format("%Y%m%d");
    // Writing into a String cannot fail.
    let _ = write!(
        text,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\">\n\
         <BkToCstmrStmt>\n <GrpHdr><MsgId>DEMO{id}</MsgId><CreDtTm>{day}T18:00:00+01:00</CreDtTm></GrpHdr>\n <Stmt>\n  \
         <Id>2026-DEMO-{id}</Id><ElctrncSeqNb>1</ElctrncSeqNb><CreDtTm>{day}T18:00:00+01:00</CreDtTm>\n  \
         <Acct><Id><IBAN>{IBAN}</IBAN></Id><Ccy>EUR</Ccy><Ownr><Nm>Radladen Müller GmbH</Nm></Ownr></Acct>\n"
    );
    for (kind, minor) in [("OPBD", opening_minor), ("CLBD", closing)] {
        let _ = writeln!(
            text,
            "  <Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">{}</Amt><CdtDbtInd>{}</CdtDbtInd>\
             <Dt><Dt>{day}</Dt></Dt></Bal>",
            amount(minor.unsigned_abs()),
            indicator(minor)
        );
    }
    for (number, entry) in (1_u32..).zip(entries) {
        write_entry(&mut text, number, entry);
    }
    text.push_str(" </Stmt>\n</BkToCstmrStmt>\n</Document>\n");
    text.into_bytes()
}

const fn indicator(minor: i64) -> &'static str {
    if minor < 0 { "DBIT" } else { "CRDT" }
}

fn write_entry(text: &mut String, number: u32, entry: &Entry) {
    let (side, family) = if entry.minor < 0 { ("Cdtr", "ICDT") } else { ("Dbtr", "RCDT") };
    let (sub, date) = (entry.family.1, entry.date);
    let family = if entry.family.0.is_empty() { family } else { entry.family.0 };
    let minor = amount(entry.minor.unsigned_abs());
    let party = if entry.name.is_empty() {
        String::new()
    } else {
        let (name, iban) = (escape(entry.name), entry.iban);
        format!(
            "<RltdPties><{side}><Pty><Nm>{name}</Nm></Pty></{side}><{side}Acct><Id><IBAN>{iban}</IBAN></Id></{side}Acct></RltdPties>"
        )
    };
    let _ = writeln!(
        text,
        "  <Ntry><NtryRef>{number}</NtryRef><Amt Ccy=\"EUR\">{minor}</Amt><CdtDbtInd>{}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
         <BookgDt><Dt>{date}</Dt></BookgDt><ValDt><Dt>{date}</Dt></ValDt>\
         <AcctSvcrRef>DEMO{number:05}</AcctSvcrRef>\
         <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>{family}</Cd><SubFmlyCd>{sub}</SubFmlyCd></Fmly></Domn></BkTxCd>\
         <NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs><Amt Ccy=\"EUR\">{minor}</Amt>\
         <CdtDbtInd>{}</CdtDbtInd>{party}<RmtInf><Ustrd>{}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>",
        indicator(entry.minor),
        indicator(entry.minor),
        escape(&entry.purpose)
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::importers::{StatementEvent, camt};
    use std::ops::ControlFlow;

    #[test]
    fn the_statement_is_read_without_a_complaint() {
        let day = "2026-11-20".parse().unwrap();
        let entry = |minor, name, purpose: &str, family| Entry {
            date: day,
            minor,
            name,
            iban: "DE02120300000000202051",
            purpose: purpose.to_owned(),
            family,
        };
        let entries = [
            entry(74_900, "Erika & Max <Muster>", "RE-2026-00001", ("", "ESCT")),
            entry(-990, "", "Kontoführung", ("MDOP", "CHRG")),
        ];
        let bytes = write(day, 100_000, &entries);
        let (mut lines, mut issues) = (0, Vec::new());
        let summary = camt::read(bytes.as_slice(), &mut |event| {
            match event {
                StatementEvent::Line(_) => lines += 1,
                StatementEvent::Issue(issue) => issues.push(issue),
                _ => {}
            }
            ControlFlow::Continue(())
        });
        assert!(summary.is_ok(), "{summary:?}");
        assert_eq!((lines, issues.len()), (2, 0), "{issues:?}");
    }
}
