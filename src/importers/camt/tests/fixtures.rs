//! Each fixture file, line by line.

use super::{entry, fixture, refused, statement, understood};
use crate::importers::camt::Family;
use crate::importers::{Format, LineKind, LineStatus, Severity, StatementLine};

const DAY: &[u8] = fixture!("camt053/day_statement_08.xml");

fn kinds(lines: &[StatementLine]) -> Vec<LineKind> {
    lines.iter().map(|line| line.kind).collect()
}

fn names(lines: &[StatementLine]) -> Vec<&str> {
    lines.iter().map(|line| line.counterparty_name.as_deref().unwrap_or("-")).collect()
}

#[test]
fn every_fixture_with_a_statement_is_recognised_by_its_first_bytes() {
    let readable = [
        DAY,
        fixture!("camt053/several_statements.xml"),
        fixture!("camt053/prefixed_namespace.xml"),
        fixture!("camt053/version_02.xml"),
        fixture!("camt053/missing_fields.xml"),
        fixture!("camt053/truncated.xml"),
        fixture!("camt053/no_entries.xml"),
        fixture!("camt053/latin1.xml"),
    ];
    for bytes in readable {
        assert_eq!(Format::detect(&bytes[..bytes.len().min(1024)]), Ok(Format::Camt(Family::Statement)));
    }
}

#[test]
fn a_day_gives_its_header_its_lines_and_a_balance_that_adds_up() {
    let day = understood(DAY);
    let header = &day.headers[0];
    assert_eq!(header.id.as_deref(), Some("AUSZUG-2026-228"));
    assert_eq!(header.account_iban.as_deref(), Some("DE89370400440532013000"));
    assert_eq!(header.opening.unwrap().to_string(), "12480.15 EUR");
    assert_eq!(header.from.unwrap().to_string(), "2026-11-24");
    let end = &day.ends[0];
    assert_eq!(end.sum.unwrap().to_string(), "1401.65 EUR");
    assert!(end.gap.unwrap().is_zero());
    assert_eq!((day.issues().len(), end.lines, day.summary.lines), (0, 13, 13));
}

#[test]
fn a_day_gives_signed_amounts_and_kinds() {
    let day = understood(DAY);
    let expected = [
        ("1249.00 EUR", LineKind::Incoming),
        ("89.90 EUR", LineKind::Incoming),
        ("119.00 EUR", LineKind::DirectDebit),
        ("199.50 EUR", LineKind::DirectDebit),
        ("39.00 EUR", LineKind::DirectDebit),
        ("-412.36 EUR", LineKind::Outgoing),
        ("-49.99 EUR", LineKind::DirectDebit),
        ("-119.00 EUR", LineKind::Chargeback),
        ("-12.50 EUR", LineKind::Fee),
        ("-9.90 EUR", LineKind::Fee),
        ("250.00 EUR", LineKind::Chargeback),
        ("59.00 EUR", LineKind::Incoming),
        ("75.00 EUR", LineKind::Incoming),
    ];
    assert_eq!(day.amounts(), expected.map(|(amount, _)| amount));
    assert_eq!(kinds(&day.lines), expected.map(|(_, kind)| kind));
    assert_eq!(day.lines[12].status, LineStatus::Pending);
}

#[test]
fn a_day_names_the_other_side_and_never_the_account_itself() {
    let expected = [
        "Jürgen Weiß",
        "Alpenverein Ortsgruppe",
        "Ayşe Yılmaz",
        "Øyvind Strand",
        "Łukasz Żak",
        "Speichen & Naben Großhandel KG",
        "Fernruf Nord AG",
        "Béatrice Lefèvre",
        "Béatrice Lefèvre",
        "-",
        "Bremsen Öhlschläger",
        "-",
        "Max Möller",
    ];
    let day = understood(DAY);
    assert_eq!(names(&day.lines), expected);
    assert_eq!(day.lines[1].counterparty_iban.as_deref(), Some("AT611904300234573201"));
    assert_eq!(day.lines[5].counterparty_bic.as_deref(), Some("BEVODEBBXXX"));
}

#[test]
fn a_day_keeps_texts_references_and_places() {
    let day = understood(DAY);
    let transfer = &day.lines[0];
    assert_eq!(transfer.purpose.as_deref(), Some("Rechnung RE-2026-0417 Trekkingrad & Zubehör"));
    assert_eq!(transfer.end_to_end_id, None);
    let structured = &day.lines[1];
    assert_eq!(structured.reference.as_deref(), Some("RF18539007547034"));
    assert_eq!(structured.purpose.as_deref(), Some("RE-2026-0398"));
    let collected = &day.lines[3];
    assert_eq!((collected.ordinal.statement, collected.ordinal.entry, collected.ordinal.detail), (1, 3, 2));
    assert_eq!((collected.mandate_id.as_deref(), collected.source_line), (Some("MND-0011"), 117));
    let returned = &day.lines[7];
    assert_eq!(returned.return_reason.as_deref(), Some("MD06"));
    assert_eq!(day.lines[9].purpose.as_deref(), Some("Kontoführungsentgelt November"));
    assert_eq!(day.lines[9].value_date.unwrap().to_string(), "2026-11-30");
}

#[test]
fn a_day_keeps_the_banks_own_words_and_references() {
    let day = understood(DAY);
    let transfer = &day.lines[0];
    assert_eq!(transfer.purpose_raw.as_deref(), Some("Rechnung RE-2026-0417\nTrekkingrad & Zubehör"));
    assert_eq!(transfer.bank_reference.as_deref(), Some("2026112400001"));
    assert_eq!(transfer.transaction_code.as_deref(), Some("PMNT-RCDT-ESCT"));
    assert_eq!(
        (day.lines[1].purpose_raw.as_deref(), day.lines[10].bank_reference.as_deref()),
        (None, Some("2026112400008"))
    );
    let old = understood(fixture!("camt053/version_02.xml"));
    assert_eq!(old.lines[0].transaction_code.as_deref(), Some("NTRF+166+09248"));
    assert_eq!(
        (old.lines[0].bank_reference.as_deref(), old.lines[1].bank_reference.as_deref()),
        (Some("20261124-1"), None)
    );
}

/// The pieces of a file's text where its lines say they are.
fn pieces(bytes: &[u8], text: &str) -> Vec<String> {
    let piece = |line: &StatementLine| {
        let span = line.span.unwrap();
        let (from, length) = (usize::try_from(span.offset).unwrap(), usize::try_from(span.length).unwrap());
        let lines = |text: &str| u64::try_from(text.matches('\n').count()).unwrap();
        let (first, piece) = (lines(&text[..from]) + 1, &text[from..from + length]);
        assert!((first..=first + lines(piece)).contains(&line.source_line), "{piece}");
        piece.to_owned()
    };
    understood(bytes).lines.iter().map(piece).collect()
}

#[test]
fn a_line_says_where_its_text_is() {
    let text = String::from_utf8(DAY.to_vec()).unwrap();
    let found = pieces(DAY, &text);
    for (number, piece) in found.iter().enumerate() {
        let element = if (2..5).contains(&number) { "TxDtls" } else { "Ntry" };
        assert!(piece.starts_with(&format!("<{element}>")) && piece.ends_with(&format!("</{element}>")), "{piece}");
        assert_eq!(piece.matches(&format!("<{element}>")).count(), 1, "{piece}");
    }
    assert!(found[3].contains("Øyvind Strand") && found[0].contains("Jürgen Weiß"));
    assert_eq!(found[7], found[8], "a charge is where its line is");
}

#[test]
fn the_place_of_a_line_is_one_in_unicode_whatever_the_file_is_written_in() {
    let text = statement(&format!("{}\r\n{}", entry("<AddtlNtryInf>ÄÖÜ €</AddtlNtryInf>"), entry("<AddtlNtryInf/>")));
    let declared = format!("<?xml version='1.0' encoding='windows-1252'?>{text}");
    let single: Vec<u8> = declared
        .chars()
        .map(|letter| if letter == '€' { 0x80 } else { u8::try_from(u32::from(letter)).unwrap() })
        .collect();
    let marked = format!("\u{feff}{text}");
    let big: Vec<u8> = marked.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for (bytes, text) in [(single, &declared), (big, &text), (marked.clone().into_bytes(), &text)] {
        let found = pieces(&bytes, text);
        assert!(found[0].contains("ÄÖÜ €") && found.iter().all(|piece| piece.starts_with("<Ntry>")), "{found:?}");
        assert!(found[1].ends_with("<AddtlNtryInf/></Ntry>"), "{found:?}");
    }
}

#[test]
fn several_statements_are_told_apart_and_checked_each() {
    let file = understood(fixture!("camt053/several_statements.xml"));
    let accounts: Vec<_> =
        file.headers.iter().map(|header| (header.account_iban.is_some(), header.account_other.as_deref())).collect();
    assert_eq!(accounts, [(true, None), (true, None), (false, Some("0532013001"))]);
    assert_eq!(file.amounts(), ["4.50 EUR", "4.50 EUR", "-130.00 EUR", "4.50 EUR"]);
    assert_eq!(file.headers[1].closing.unwrap().to_string(), "-21.00 EUR");
    assert_eq!(file.lines[3].ordinal.statement, 3);
    assert_eq!(file.issues(), ["103 - Stmt/Bal balance_mismatch"]);
    assert!(file.issues[0].message.contains("0.50 EUR"), "{}", file.issues[0].message);
    assert_eq!((file.summary.statements, file.summary.warnings), (3, 1));
}

#[test]
fn prefixes_do_not_matter_and_foreign_elements_are_passed_over() {
    let file = understood(fixture!("camt053/prefixed_namespace.xml"));
    assert_eq!(file.purposes(), ["Klingel & Licht <neu>"]);
    assert_eq!(file.lines[0].booking_date.to_string(), "2026-11-24");
    assert_eq!((file.ends[0].gap, file.issues().len()), (None, 0));
}

#[test]
fn version_02_has_other_places_for_the_same_facts() {
    let file = understood(fixture!("camt053/version_02.xml"));
    let amounts = ["2.00 EUR", "-10.50 EUR", "-6.50 EUR", "-10.00 EUR", "-3.00 EUR", "-2.50 EUR"];
    assert_eq!(file.amounts(), amounts);
    assert_eq!(names(&file.lines), ["Frieda Süß", "Otto Übel", "Otto Übel", "Ida Öl", "Ida Öl", "Ida Öl"]);
    let (chargeback, fee) = (LineKind::Chargeback, LineKind::Fee);
    assert_eq!(kinds(&file.lines), [LineKind::Incoming, chargeback, chargeback, chargeback, fee, fee]);
    assert_eq!(file.lines[0].counterparty_iban.as_deref(), Some("DE00120300000000202051"));
    assert_eq!(file.lines[0].counterparty_bic.as_deref(), Some("BYLADEM1001"));
    let reasons: Vec<_> = file.lines.iter().map(|line| line.return_reason.as_deref()).collect();
    assert_eq!(reasons, [None, Some("AC04"), Some("Widerspruch"), Some("AC04"), None, None]);
    assert_eq!(file.issues(), Vec::<String>::new());
}

#[test]
fn what_is_missing_falls_back_or_is_reported_with_its_place() {
    let file = understood(fixture!("camt053/missing_fields.xml"));
    let expected = [
        "6 1 Ntry/BookgDt missing_date",
        "7 2 Ntry/BookgDt invalid_date",
        "8 3 Ntry/Amt zero_amount",
        "9 4 Ntry/Amt too_many_decimals",
        "10 5 Ntry/Amt invalid_amount",
        "11 6 Ntry/Amt invalid_amount",
        "12 7 Ntry/Amt unknown_currency",
        "13 8 Ntry/CdtDbtInd missing_direction",
        "14 9 Ntry/Amt invalid_amount",
        "15 10 Ntry/Sts information_only",
        "16 11 Ntry/Sts unknown_status",
        "17 12 Ntry/NtryDtls batch_not_split",
        "24 13 Ntry/NtryDtls batch_not_split",
        "37 14 Ntry/NtryDtls/TxDtls/Amt zero_amount",
    ];
    assert_eq!(file.issues(), expected);
    let errors = file.issues.iter().filter(|issue| issue.severity == Severity::Error).count();
    assert_eq!((errors, file.summary.errors), (6, 6));
    let amounts = ["12.00 EUR", "-3.00 EUR", "5.00 EUR", "30.00 EUR", "30.00 EUR", "100.00 EUR", "-20.00 EUR"];
    assert_eq!(file.amounts(), amounts);
    assert_eq!(file.purposes()[3..5], ["RE-1 RE-2", "Sammelgutschrift"]);
    let dates: Vec<_> = file.lines.iter().take(2).map(|line| line.booking_date.to_string()).collect();
    assert_eq!(dates, ["2026-11-24", "2026-11-23"]);
    assert_eq!(file.lines[2].status, LineStatus::Pending);
}

#[test]
fn an_entry_without_any_date_in_sight_is_an_error() {
    let file = understood(statement("<Ntry><Amt>1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></Ntry>").as_bytes());
    assert_eq!((file.lines.len(), file.issues()), (0, vec!["1 1 Ntry/BookgDt missing_date".to_owned()]));
}

#[test]
fn a_file_that_was_cut_off_is_refused_at_its_end() {
    let (heard, code, line) = refused(fixture!("camt053/truncated.xml"));
    assert_eq!((code, line, heard.lines.len(), heard.ends.len()), ("truncated", 158, 5, 0));
}

#[test]
fn a_document_type_is_refused_before_anything_is_said() {
    let (heard, code, line) = refused(fixture!("camt053/external_entity.xml"));
    assert_eq!((code, line), ("xml_dtd_refused", 2));
    assert!(heard.headers.is_empty() && heard.issues.is_empty());
}

#[test]
fn a_day_without_entries_is_a_statement_without_lines() {
    let file = understood(fixture!("camt053/no_entries.xml"));
    assert_eq!((file.headers.len(), file.lines.len(), file.issues().len()), (1, 0, 0));
    assert!(file.ends[0].gap.unwrap().is_zero());
}

#[test]
fn declared_encodings_are_read() {
    let file = understood(fixture!("camt053/latin1.xml"));
    assert_eq!((names(&file.lines), file.purposes()), (vec!["Käthe Groß-Röhl"], vec!["Körbe für Räder"]));
    let long = "<?xml version='1.0'                                   encoding='windows-1252' standalone = 'yes' ?>";
    let body = statement(&entry("<AddtlNtryInf>10 #</AddtlNtryInf>"));
    let mut bytes = format!("{long}{body}").into_bytes();
    let place = bytes.iter().position(|byte| *byte == b'#').unwrap();
    bytes[place] = 0x80;
    assert_eq!(understood(&bytes).purposes(), ["10 €"]);
}

#[test]
fn unicode_in_two_bytes_is_read_whatever_it_declares() {
    let text =
        format!("<?xml version='1.0' encoding='UTF-16'?>{}", statement(&entry("<AddtlNtryInf>ŁÓDŹ</AddtlNtryInf>")));
    let marked = format!("\u{feff}{text}");
    let big: Vec<u8> = marked.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let little: Vec<u8> = marked.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let unmarked: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for bytes in [big, little, unmarked, text.into_bytes(), marked.into_bytes()] {
        assert_eq!(understood(&bytes).purposes(), ["ŁÓDŹ"]);
    }
}
