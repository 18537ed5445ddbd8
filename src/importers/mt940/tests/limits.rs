//! Hostile, broken and huge input: refused or streamed, never a panic, never much memory.

use std::io::{self, BufReader, Cursor, Read};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;

use super::super::fields::FIELD_MAX;
use super::super::lines::LINE_MAX;
use super::{fixture, listen, read, refused, statement, understood};
use crate::importers::StatementEvent;

#[test]
fn an_endless_line_is_refused_while_it_arrives() {
    let head = Cursor::new(b":20:X\n:86:".to_vec());
    let (_, outcome) = listen(BufReader::new(head.chain(io::repeat(b'x'))));
    assert_eq!(outcome.unwrap_err().code(), "line_too_long");
    assert_eq!(refused(format!(":20:{}", "x".repeat(LINE_MAX))), "line_too_long");
}

#[test]
fn a_text_without_end_is_cut_and_said() {
    let lines = "Rechnung\n".repeat(FIELD_MAX / 8);
    let heard = understood(statement(&format!(":61:2611241124C1,00NTRFNONREF\n:86:{lines}")));
    assert_eq!(heard.issues()[0], "6 1 :86: text_too_long");
    assert!(heard.lines[0].purpose.as_ref().unwrap().len() <= FIELD_MAX);
    let texts = ":86:Rechnung\n".repeat(FIELD_MAX / 8);
    let heard = understood(statement(&format!(":61:2611241124C1,00NTRFNONREF\n{texts}")));
    assert_eq!(heard.codes()[0], "text_too_long");
    assert!(heard.lines[0].purpose.as_ref().unwrap().len() <= FIELD_MAX);
}

#[test]
fn a_sink_that_breaks_off_hears_nothing_more() {
    let mut events = 0;
    let summary = read(fixture!("mt940/day_statement.sta"), &mut |_| {
        events += 1;
        if events == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!((events, summary.unwrap().stopped), (3, true));
}

#[test]
fn a_source_that_fails_is_not_taken_for_an_end() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("gone"))
        }
    }
    let input = BufReader::new(fixture!("mt940/day_statement.sta").chain(Broken));
    assert_eq!(listen(input).1.unwrap_err().code(), "read_failed");
}

/// A million take long without optimisation, a part of it shows the same there.
const ENTRIES: u64 = if cfg!(debug_assertions) { 50_000 } else { 1_000_000 };

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
                0 => format!(":62F:C261124EUR{ENTRIES},00\r\n-\r\n"),
                number => format!(":61:2611241124CR1,00NTRFNONREF\r\n:86:166?20SVWZ+RE-{number}\r\n"),
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
    let head = b":20:X\r\n:25:1\r\n:28C:1/1\r\n:60F:C261123EUR0,00\r\n".to_vec();
    let input = BufReader::new(Endless { left: ENTRIES + 1, part: Cursor::new(head), read: &read_bytes });
    let (mut lines, mut read_at_first, mut gap) = (0_u64, None, None);
    let summary = read(input, &mut |event| {
        match event {
            StatementEvent::Line(line) => {
                read_at_first.get_or_insert(read_bytes.load(Ordering::Relaxed));
                lines += 1;
                assert_eq!(line.source_line, 3 + 2 * lines);
            }
            StatementEvent::StatementEnd(end) => gap = end.gap,
            StatementEvent::Part(_) | StatementEvent::Statement(_) => {}
            StatementEvent::Issue(issue) => panic!("{issue:?}"),
        }
        ControlFlow::Continue(())
    });
    assert_eq!((summary.unwrap().lines, lines), (ENTRIES, ENTRIES));
    assert!(gap.unwrap().is_zero());
    assert!(read_at_first.unwrap() < 64 * 1024, "the first line came after {read_at_first:?} bytes");
}

#[test]
fn a_statement_cut_anywhere_is_refused_or_adds_up() {
    let day = fixture!("mt940/day_statement.sta");
    for length in 0..day.len() {
        let (heard, outcome) = listen(&day[..length]);
        if outcome.is_ok() {
            assert!(heard.adds_up() == Some(true) || !heard.issues.is_empty(), "{length}");
            assert_eq!(heard.lines.len(), 12, "{length}");
        }
    }
}

/// Reading must end, and what it says must be in order: a header before its lines, counts that are true.
fn check(bytes: &[u8]) {
    let (heard, outcome) = listen(bytes);
    let statements = u64::try_from(heard.headers.len()).unwrap();
    let largest = bytes.len().saturating_mul(3);
    for line in &heard.lines {
        assert!((1..=statements).contains(&line.ordinal.statement) && !line.amount.is_zero());
        assert!(line.purpose.as_ref().is_none_or(|text| text.len() <= largest && !text.contains(char::is_control)));
        let span = line.span.unwrap();
        assert!(span.offset.saturating_add(span.length) <= u64::try_from(largest).unwrap());
    }
    if let Ok(summary) = outcome {
        assert_eq!(summary.lines, u64::try_from(heard.lines.len()).unwrap());
        assert_eq!((summary.statements, statements), (statements, u64::try_from(heard.ends.len()).unwrap()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        check(&bytes);
        check(&[b":20:X\n:60F:C261124EUR1,\n:61:".as_slice(), &bytes].concat());
        check(&[b":34F:EUR0,\n:61:2611241124C1,NTRF\n:86:".as_slice(), &bytes, b"\n"].concat());
    }

    #[test]
    fn arbitrary_fields_never_panic(
        text in "((:(20|25|28C|60F|60M|61|62F|62M|86|NS|34F|13D|90C|90D|71):|-|\\{1:|\\{4:|:)?(C|D|RC|ED|2611241124|EUR|1,00|NTRF|//|/CHGS/|/OCMT/EUR|166\\?20|\\?3[0-9]|EREF\\+|SVWZ\\+|ä|[ -~]){0,6}[\r\n]){0,30}",
    ) {
        check(text.as_bytes());
        check(statement(&text).as_bytes());
    }

    #[test]
    fn changed_fixtures_never_panic(
        which in 0_usize..3,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in any::<prop::sample::Index>(),
    ) {
        let fixtures = [
            fixture!("mt940/day_statement.sta"),
            fixture!("mt940/pages_and_accounts.sta"),
            fixture!("mt940/interim_report.sta"),
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
    fn an_amount_is_read_to_the_last_digit(minor in 1..=crate::domain::money::MAX_MINOR, credit in any::<bool>()) {
        let amount = crate::domain::money::Money::new(minor, crate::domain::money::Currency::EUR);
        let mark = if credit { "CR" } else { "DR" };
        let text = statement(&format!(":61:2611241124{mark}{}NTRFNONREF", amount.amount().replace('.', ",")));
        let expected = if credit { amount } else { amount.checked_neg().unwrap() };
        prop_assert_eq!(understood(text).lines[0].amount, expected);
    }
}
