//! Hostile, broken and huge input: refused or streamed, never a panic, never much memory, never a row lost in silence.

use std::io::{self, BufReader, Cursor, Read};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;

use super::{SAVINGS_BANK, booking, built_in, latin, listen, refused, savings_bank, understood};
use crate::importers::StatementEvent;
use crate::importers::csv::{looks_like, read};

fn code(bytes: &[u8]) -> (&'static str, u64) {
    let (code, line, _) = refused(bytes);
    (code, line)
}

#[test]
fn characters_that_cannot_be_read_are_refused_with_their_line() {
    let good = savings_bank(&booking("Grüße", "5,00"));
    let mixed = [good.as_bytes(), &latin(&booking("Grüße", "6,00"))].concat();
    assert_eq!(code(&mixed), ("invalid_encoding", 3));
    let hole = [latin(&good), b"a\x81b\n".to_vec()].concat();
    assert_eq!(code(&hole), ("invalid_encoding", 3));
    let far = [good.as_bytes(), booking("RE-1", "5,00").repeat(1_000).as_bytes(), b"\xff\n"].concat();
    assert_eq!(code(&far), ("invalid_encoding", 1_003));
    let wide: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(code(&wide[..wide.len() - 1]).0, "invalid_encoding");
}

#[test]
fn long_lines_and_many_columns_are_refused_with_their_line() {
    let long = savings_bank(&(booking("a", "5,00") + &booking(&"x".repeat(1_000_000), "5,00")));
    assert_eq!(code(long.as_bytes()), ("line_too_long", 3));
    let wide = savings_bank(&(booking("a", "5,00") + &";".repeat(10_000)));
    assert_eq!(code(wide.as_bytes()), ("too_many_columns", 3));
    assert_eq!(code(b"").0, "csv_profile_unknown");
}

#[test]
fn a_header_alone_is_an_empty_statement() {
    let heard = understood(SAVINGS_BANK.as_bytes());
    assert_eq!((heard.headers.len(), heard.lines.len(), heard.ends[0].lines), (1, 0, 0));
}

#[test]
fn a_bad_row_is_named_and_does_not_stop_the_others() {
    let bad = [
        booking("a", "1,234.56"),
        booking("b", "inf"),
        booking("c", "5,00").replace("24.11.26", "31.02.26"),
        booking("d", "5,00").replace("EUR", "XXZ"),
        booking("e", "5,00").replace(";Erika", ";x;y;Erika"),
        "24.11.26;5,00;zu kurz\n".to_owned(),
        booking("f", "-0,00"),
        booking("g", ""),
    ];
    let heard = understood(savings_bank(&(bad.concat() + &booking("gut", "7,00"))).as_bytes());
    assert_eq!((heard.amounts(), heard.purposes()), (vec!["7.00 EUR".to_owned()], vec!["gut"]));
    assert_eq!(
        heard.issues(),
        [
            "2 Betrag invalid_amount",
            "3 Betrag invalid_amount",
            "4 Valutadatum invalid_date",
            "4 Buchungstag invalid_date",
            "5 Waehrung unknown_currency",
            "6 Buchungstag wrong_columns",
            "7 Buchungstag wrong_columns",
            "8 Betrag zero_amount",
            "9 Betrag invalid_amount",
        ]
    );
    assert_eq!(heard.summary.errors, 7);
}

#[test]
fn a_quote_that_is_not_closed_swallows_no_other_row() {
    let open = booking("\"offen", "5,00");
    let more: String = (0..60).map(|number| booking(&format!("RE-{number}"), "1,00")).collect();
    let heard = understood(savings_bank(&(open.clone() + &more)).as_bytes());
    assert_eq!((heard.lines.len(), heard.issues()), (61, vec!["2 \" broken_quotes".to_owned()]));
    assert_eq!(heard.purposes()[..2], ["offen", "RE-0"]);
    let closed_later = open + &booking("RE-1", "1,00") + &booking("zu\"", "2,00");
    let heard = understood(savings_bank(&closed_later).as_bytes());
    assert_eq!(heard.lines.len(), 3);
    let several = booking("\"erste\nzweite \"\"Zeile\"\"\"", "5,00");
    assert_eq!(understood(savings_bank(&several).as_bytes()).purposes(), ["erste zweite \"Zeile\""]);
}

#[test]
fn the_last_row_may_have_been_cut_off() {
    let text = savings_bank(&(booking("a", "5,00") + &booking("b", "119,00")));
    for cut in 1..140 {
        let heard = understood(&text.as_bytes()[..text.len() - cut]);
        let whole = heard.lines.len() == 2;
        assert!(
            heard.lines.iter().all(|line| ["5.00 EUR", "119.00 EUR"].contains(&line.amount.to_string().as_str())),
            "{cut}"
        );
        assert!(whole || heard.issues.len() == 1, "{cut}: {:?}", heard.issues());
    }
}

#[test]
fn rows_around_the_bookings_are_known_or_named() {
    let text = savings_bank(&(booking("a", "5,00") + "Kontostand;24.11.2026;;;1.005,00;EUR\nEnde der Datei\n"));
    let heard = understood(text.as_bytes());
    assert_eq!((heard.issues(), heard.ends[0].closing.unwrap().minor()), (vec!["4 #1 unread_row".to_owned()], 100_500));
}

#[test]
fn a_sink_that_breaks_off_hears_nothing_more() {
    let text = savings_bank(&booking("a", "5,00").repeat(5));
    let mut events = 0;
    let summary = read(text.as_bytes(), built_in(), &mut |_| {
        events += 1;
        if events == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!((events, summary.unwrap().stopped), (3, true));
}

#[test]
fn an_endless_line_is_refused_while_it_arrives() {
    let head = Cursor::new(savings_bank(&booking("a", "5,00")).into_bytes());
    let (_, outcome) = listen(BufReader::new(head.chain(io::repeat(b'x'))), built_in());
    assert_eq!(outcome.unwrap_err().code(), "line_too_long");
}

/// A million take long without optimisation, a tenth shows the same there.
const ROWS: u64 = if cfg!(debug_assertions) { 100_000 } else { 1_000_000 };

/// Makes a file of many rows while it is read.
struct Endless<'a> {
    left: u64,
    part: Cursor<Vec<u8>>,
    read: &'a AtomicU64,
}

impl Read for Endless<'_> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let mut count = self.part.read(target)?;
        if count == 0 && self.left > 0 {
            self.left -= 1;
            self.part = Cursor::new(booking(&format!("RE-{}", self.left), "1,00").into_bytes());
            count = self.part.read(target)?;
        }
        self.read.fetch_add(u64::try_from(count).unwrap(), Ordering::Relaxed);
        Ok(count)
    }
}

#[test]
fn a_huge_file_streams_through() {
    let read_bytes = AtomicU64::new(0);
    let head = SAVINGS_BANK.as_bytes().to_vec();
    let input = BufReader::new(Endless { left: ROWS, part: Cursor::new(head), read: &read_bytes });
    let (mut lines, mut read_at_first) = (0_u64, None);
    let summary = read(input, built_in(), &mut |event| {
        match event {
            StatementEvent::Line(line) => {
                read_at_first.get_or_insert(read_bytes.load(Ordering::Relaxed));
                lines += 1;
                assert_eq!(line.source_line, lines + 1);
            }
            StatementEvent::StatementEnd(end) => {
                assert_eq!(end.sum.unwrap().minor(), i64::try_from(ROWS).unwrap() * 100)
            }
            StatementEvent::Part(_) | StatementEvent::Statement(_) => {}
            StatementEvent::Issue(issue) => panic!("{issue:?}"),
        }
        ControlFlow::Continue(())
    });
    assert_eq!((summary.unwrap().lines, lines), (ROWS, ROWS));
    assert!(read_at_first.unwrap() < 128 * 1024, "the first line came after {read_at_first:?} bytes");
}

#[test]
fn quotes_that_never_close_cost_no_more_than_their_number() {
    let text = savings_bank(&booking("\"", "1,00").repeat(3_000));
    assert_eq!(understood(text.as_bytes()).lines.len(), 3_000);
}

/// Reading must end, and what it says must be in order: a header before its lines, counts that are true.
fn check(bytes: &[u8]) {
    looks_like(bytes);
    let (heard, outcome) = listen(bytes, built_in());
    let statements = u64::try_from(heard.headers.len()).unwrap();
    assert!(heard.lines.iter().all(|line| (1..=statements).contains(&line.ordinal.statement)));
    assert!(heard.lines.iter().all(|line| !line.amount.is_zero()));
    if let Ok(summary) = outcome {
        assert_eq!(summary.lines, u64::try_from(heard.lines.len()).unwrap());
        assert_eq!(heard.headers.len(), heard.ends.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        check(&bytes);
        check(&[SAVINGS_BANK.as_bytes(), &bytes].concat());
    }

    #[test]
    fn arbitrary_cells_never_panic(text in "([;,\"\r\n\t.'+−€SH-]|[0-9]{1,4}|24\\.11\\.26|EUR|Kontostand|DE89370400440532013000){0,80}") {
        check(savings_bank(&text).as_bytes());
        check(text.as_bytes());
    }

    #[test]
    fn changed_files_never_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in any::<prop::sample::Index>(),
    ) {
        let text = savings_bank(&(booking("\"erste\nzweite\"", "5,00") + &booking("b", "-1.234,56") + "Kontostand;1;5,00\n"));
        let mut bytes = latin(&text);
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        check(&bytes);
        check(&bytes[..cut.index(bytes.len())]);
    }

    #[test]
    fn an_amount_is_read_to_the_last_digit(minor in -crate::domain::money::MAX_MINOR..=crate::domain::money::MAX_MINOR) {
        prop_assume!(minor != 0);
        let amount = crate::domain::money::Money::new(minor, crate::domain::money::Currency::EUR);
        let text = savings_bank(&booking("a", &amount.amount().replace('.', ",")));
        prop_assert_eq!(understood(text.as_bytes()).lines[0].amount, amount);
    }
}
