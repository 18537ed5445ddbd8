//! Hostile, broken and huge input: refused or streamed, never a panic, never much memory.

use std::io::{self, BufReader, Cursor, Read};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;

use super::{entry, fixture, listen, message, read, refused, statement, understood};
use crate::importers::camt::entry::{DETAIL_WEIGHT, Detail};
use crate::importers::fingerprint::Fingerprints;
use crate::importers::{StatementEvent, StatementLine};

fn code(text: &str) -> &'static str {
    refused(text.as_bytes()).1
}

#[test]
fn what_is_no_statement_says_what_it_is() {
    for text in ["", "  \n", "Buchungstag;Betrag\n", "{\"a\":1}", "<Document>", "<a></b>", "<Document/><Document/>"] {
        assert!(matches!(code(text), "not_xml" | "truncated"), "{text}");
    }
    assert_eq!(code("<Document/>"), "no_statement");
    assert_eq!(code("<Document><BkToCstmrStmt/></Document>"), "no_statement");
    assert_eq!(code("<Document><BkToCstmrAcctRpt/></Document>"), "no_statement");
    assert_eq!(code("<Document><BkToCstmrDbtCdtNtfctn></BkToCstmrDbtCdtNtfctn></Document>"), "no_statement");
    assert_eq!(code("<Document><CstmrPmtStsRpt/></Document>"), "wrong_document");
    assert_eq!(code("<html><body/></html>"), "wrong_document");
    assert_eq!(code("<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.055.001.08'/>"), "wrong_document");
    assert_eq!(code("<?xml version='1.0' encoding='klingon'?><Document/>"), "invalid_encoding");
    assert_eq!(refused(b"<Document>\n\xff\xfe</Document>").1, "invalid_encoding");
}

#[test]
fn an_envelope_or_an_unknown_version_is_read_all_the_same() {
    let body = statement(&entry(""));
    let wrapped = format!("<Envelope><Header/>{body}</Envelope>\0\u{1a}\n");
    assert_eq!(understood(wrapped.as_bytes()).lines.len(), 1);
    for name in ["camt.052", "camt.053", "camt.054"] {
        let namespace = format!("<Document xmlns='urn:iso:std:iso:20022:tech:xsd:{name}.001.14'>");
        let heard = understood(body.replacen("<Document>", &namespace, 1).as_bytes());
        assert_eq!((heard.lines.len(), heard.issues()), (1, vec!["1 - Document unknown_version".to_owned()]));
        assert!(heard.issues[0].message.contains(name), "{:?}", heard.issues[0]);
    }
}

#[test]
fn document_types_are_refused_in_every_form() {
    let long = format!("<!DOCTYPE a [{}", "<!ENTITY b 'c'>".repeat(100_000));
    for head in ["<!DOCTYPE a>", "<!doctype a SYSTEM 'x'>", "<!DOCTYPE", "<!DOCTYPE >", &long] {
        assert_eq!(code(&format!("\n{head}<Document/>")), "xml_dtd_refused", "{head:.40}");
    }
}

#[test]
fn only_the_entities_of_xml_itself_are_resolved() {
    let known = statement(&entry("<AddtlNtryInf>&lt;A&amp;B&gt; &#x41;&#66;&#0;&#1;</AddtlNtryInf>"));
    assert_eq!(understood(known.as_bytes()).purposes(), ["<A&B> AB"]);
    for name in ["&auml;", "&secret;", "&#x110000;", "&#;", "&;"] {
        let text = statement(&entry(&format!("<AddtlNtryInf>{name}</AddtlNtryInf>")));
        assert_eq!(code(&text), "xml_entity_refused", "{name}");
    }
}

#[test]
fn depth_and_length_are_limited() {
    assert_eq!(code(&"<a>".repeat(100)), "nesting_too_deep");
    let long = "x".repeat(70_000);
    let forms = [
        format!("<AddtlNtryInf>{long}</AddtlNtryInf>"),
        format!("<AddtlNtryInf a='{long}'/>"),
        format!("<{long}/>"),
        format!("<!-- {long} -->"),
        format!("<AddtlNtryInf>{}</AddtlNtryInf>", "x&amp;".repeat(40_000)),
    ];
    for more in forms {
        assert_eq!(code(&statement(&entry(&more))), "element_too_long", "{more:.40}");
    }
    let usual = statement(&entry(&format!("<AddtlNtryInf>{}</AddtlNtryInf>", "x".repeat(60_000))));
    assert_eq!(understood(usual.as_bytes()).purposes()[0].len(), 60_000);
}

#[test]
fn an_endless_text_is_refused_while_it_arrives() {
    let head = Cursor::new(b"<Document><BkToCstmrStmt><Stmt><Id>".to_vec());
    let (_, outcome) = listen(BufReader::new(head.chain(io::repeat(b'x'))));
    assert_eq!(outcome.unwrap_err().code(), "element_too_long");
}

#[test]
fn an_entry_with_too_many_details_stays_one_line() {
    let detail = "<TxDtls><Amt Ccy=\"EUR\">0.01</Amt></TxDtls>";
    let more = format!("<NtryDtls>{}</NtryDtls><AddtlNtryInf>Sammler</AddtlNtryInf>", detail.repeat(50_000));
    let heard = understood(statement(&entry(&more)).as_bytes());
    assert_eq!(
        (heard.amounts(), heard.issues()),
        (vec!["1.00 EUR".to_owned()], vec!["1 1 Ntry/NtryDtls batch_too_large".to_owned()])
    );
}

#[test]
fn a_detail_weighs_what_it_takes() {
    assert!(2 * size_of::<Detail>() <= DETAIL_WEIGHT, "{}", size_of::<Detail>());
    // 5 MB of charges that say nothing, and an entry that is still one line.
    let empty = "<Chrgs><Amt/></Chrgs>".repeat(250_000);
    let heard = understood(statement(&entry(&format!("<NtryDtls><TxDtls>{empty}</TxDtls></NtryDtls>"))).as_bytes());
    assert_eq!((heard.lines.len(), heard.issues()), (1, vec!["1 1 Ntry/NtryDtls batch_too_large".to_owned()]));
}

#[test]
fn a_purpose_without_end_is_cut_and_said() {
    let purpose = format!("<Ustrd>{}</Ustrd>", "x".repeat(50_000)).repeat(100);
    let heard = understood(
        statement(&entry(&format!("<NtryDtls><TxDtls><RmtInf>{purpose}</RmtInf></TxDtls></NtryDtls>"))).as_bytes(),
    );
    assert_eq!((heard.purposes()[0].len(), heard.issues()), (50_000, vec!["1 1 Ntry text_too_long".to_owned()]));
    let details = "<AddtlNtryInf>y</AddtlNtryInf>".repeat(100_000);
    let heard = understood(statement(&entry(&details)).as_bytes());
    assert!(heard.purposes()[0].len() <= 64 * 1024 && heard.issues() == ["1 1 Ntry text_too_long"]);
}

#[test]
fn a_sink_that_breaks_off_hears_nothing_more() {
    let mut events = 0;
    let summary = read(fixture!("camt053/day_statement_08.xml"), &mut |_| {
        events += 1;
        if events == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!((events, summary.unwrap().stopped), (3, true));
}

/// A million take 20 s without optimisation, a tenth shows the same there.
const ENTRIES: u64 = if cfg!(debug_assertions) { 100_000 } else { 1_000_000 };

/// Makes a statement of many entries while it is read.
struct Endless<'a> {
    left: u64,
    part: Cursor<Vec<u8>>,
    read: &'a AtomicU64,
}

impl Read for Endless<'_> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let mut count = self.part.read(target)?;
        if count == 0 && self.left > 0 {
            self.left = self.left.saturating_sub(1);
            let text = match self.left {
                0 => "</Stmt></BkToCstmrStmt></Document>".to_owned(),
                number => entry(&format!("<AddtlNtryInf>RE-{number}</AddtlNtryInf>\n")),
            };
            self.part = Cursor::new(text.into_bytes());
            count = self.part.read(target)?;
        }
        self.read.fetch_add(u64::try_from(count).unwrap(), Ordering::Relaxed);
        Ok(count)
    }
}

#[test]
fn a_huge_file_streams_through() {
    let read_bytes = AtomicU64::new(0);
    let head = "<Document><BkToCstmrStmt><Stmt><Acct><Ccy>EUR</Ccy></Acct>".as_bytes().to_vec();
    let input = BufReader::new(Endless { left: ENTRIES + 1, part: Cursor::new(head), read: &read_bytes });
    let (mut lines, mut read_at_first, mut sum) = (0_u64, None, None);
    let summary = read(input, &mut |event| {
        match event {
            StatementEvent::Line(line) => {
                read_at_first.get_or_insert(read_bytes.load(Ordering::Relaxed));
                lines += 1;
                assert_eq!(line.source_line, lines);
            }
            StatementEvent::StatementEnd(end) => sum = end.sum,
            StatementEvent::Part(_) | StatementEvent::Statement(_) => {}
            StatementEvent::Issue(issue) => panic!("{issue:?}"),
        }
        ControlFlow::Continue(())
    });
    assert_eq!((summary.unwrap().lines, lines), (ENTRIES, ENTRIES));
    assert_eq!(sum.unwrap().to_string(), format!("{ENTRIES}.00 EUR"));
    assert!(read_at_first.unwrap() < 64 * 1024, "the first line came after {read_at_first:?} bytes");
}

#[test]
fn reading_a_file_twice_gives_the_same_ids_and_none_twice() {
    let ids = || {
        let mut fingerprints = Fingerprints::new(true);
        let lines = understood(fixture!("camt053/day_statement_08.xml")).lines;
        lines.iter().map(|line| format!("{:?}", fingerprints.key(line))).collect::<Vec<_>>()
    };
    let mut distinct = ids();
    distinct.sort();
    distinct.dedup();
    assert_eq!((ids(), distinct.len()), (ids(), 13));
}

/// Reading must end, and what it says must be in order: a header before its lines, counts that are true.
fn check(bytes: &[u8]) {
    let (heard, outcome) = listen(bytes);
    let statements = u64::try_from(heard.headers.len()).unwrap();
    let spans = heard.lines.iter().map(|line| line.span.unwrap());
    assert!(spans.clone().all(|span| span.length > 0), "{:?}", spans.collect::<Vec<_>>());
    let known = |line: &StatementLine| line.fee_of.is_none_or(|of| heard.lines.iter().any(|line| line.ordinal == of));
    assert!(heard.lines.iter().all(known));
    assert!(heard.lines.iter().all(|line| (1..=statements).contains(&line.ordinal.statement)));
    assert!(heard.lines.iter().all(|line| !line.amount.is_zero()));
    if let Ok(summary) = outcome {
        assert_eq!(summary.lines, u64::try_from(heard.lines.len()).unwrap());
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        check(&bytes);
    }

    #[test]
    fn arbitrary_markup_never_panics(
        text in "(<[!?/]?(Stmt|Ntry|Amt Ccy='EUR'|Dt|NtryDtls|TxDtls|Chrgs|Rcrd|Ustrd|x:y|DOCTYPE)[/?]?>|[0-9.&;#x-]|-->|]]>){0,60}",
    ) {
        check(statement(&text).as_bytes());
        check(message("BkToCstmrAcctRpt", "Rpt", &text).as_bytes());
        check(message("BkToCstmrDbtCdtNtfctn", "Ntfctn", &entry(&text)).as_bytes());
        check(text.as_bytes());
    }

    #[test]
    fn changed_fixtures_never_panic(
        which in 0_usize..7,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in any::<prop::sample::Index>(),
    ) {
        let fixtures = [
            fixture!("camt053/day_statement_08.xml"),
            fixture!("camt053/version_02.xml"),
            fixture!("camt053/missing_fields.xml"),
            fixture!("camt053/latin1.xml"),
            fixture!("camt/two_accounts_052.xml"),
            fixture!("camt/two_accounts_053.xml"),
            fixture!("camt/two_accounts_054.xml"),
        ];
        let mut bytes = fixtures[which].to_vec();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        check(&bytes);
        check(&bytes[..cut.index(bytes.len())]);
    }

    #[test]
    fn an_amount_is_read_to_the_last_digit(minor in 1..=crate::domain::money::MAX_MINOR, zeros in 0_usize..6) {
        let amount = crate::domain::money::Money::new(minor, crate::domain::money::Currency::EUR);
        let text = statement(&entry("")).replace("1.00", &format!("{}{}", amount.amount(), "0".repeat(zeros)));
        prop_assert_eq!(understood(text.as_bytes()).lines[0].amount, amount);
    }
}
