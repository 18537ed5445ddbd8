//! One file for each bank: what its columns, preambles, footers and habits become.

use chrono::NaiveDate;

use super::{Heard, SAVINGS_BANK, booking, latin, savings_bank, understood};
use crate::importers::fingerprint::Fingerprints;
use crate::importers::{LineKind, LineStatus, Ordinal, StatementEvent, camt};

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

const SPARKASSE_V2: &str = r#""Auftragskonto";"Buchungstag";"Valutadatum";"Buchungstext";"Verwendungszweck";"Glaeubiger ID";"Mandatsreferenz";"Kundenreferenz (End-to-End)";"Sammlerreferenz";"Lastschrift Ursprungsbetrag";"Auslagenersatz Ruecklastschrift";"Beguenstigter/Zahlungspflichtiger";"Kontonummer/IBAN";"BIC (SWIFT-Code)";"Betrag";"Waehrung";"Info"
"DE89370400440532013000";"24.11.26";"24.11.26";"GUTSCHR. UEBERWEISUNG";"Rechnung RE-2026-0042 ";"";"";"RE-2026-0042";"";"";"";"Jürgen Groß";"DE02120300000000202051";"BYLADEM1001";"1.190,00";"EUR";"Umsatz gebucht"
"DE89370400440532013000";"23.11.26";"23.11.26";"EIGENE RUECKLASTSCHRIFT";"SVWZ+RUECKLASTSCHRIFT AC04 KONTO AUFGELOEST";"DE98ZZZ09999999999";"M-7";"E-7";"";"-50,00";"3,50";"Max Muster";"DE02500105170137075030";"INGDDEFFXXX";"-53,50";"EUR";"Umsatz gebucht"
"DE89370400440532013000";"";"25.11.26";"FOLGELASTSCHRIFT";"Beitrag ""Verein""";"DE98ZZZ09999999999";"M-8";"NOTPROVIDED";"";"";"";"Verein e.V.";"DE0212030000000020205";"BYLADEM1001";"-12,5";"EUR";"Umsatz vorgemerkt"
"#;

#[test]
fn sparkasse_v2_fills_every_member() {
    let heard = understood(&latin(SPARKASSE_V2));
    assert_eq!((heard.key(), heard.issues()), ("sparkasse_camt_v2", Vec::<String>::new()));
    assert_eq!(heard.amounts(), ["1190.00 EUR", "-50.00 EUR", "-3.50 EUR", "-12.50 EUR"]);
    let [paid, returned, fee, announced] = heard.lines.as_slice() else { panic!() };
    assert_eq!(paid.account_iban.as_deref(), Some("DE89370400440532013000"));
    assert_eq!((paid.booking_date, paid.value_date), (day(2026, 11, 24), Some(day(2026, 11, 24))));
    assert_eq!((paid.kind, paid.status, paid.source_line), (LineKind::Incoming, LineStatus::Booked, 2));
    assert_eq!(
        (paid.counterparty_name.as_deref(), paid.counterparty_bic.as_deref()),
        (Some("Jürgen Groß"), Some("BYLADEM1001"))
    );
    assert_eq!(paid.end_to_end_id.as_deref(), Some("RE-2026-0042"));
    assert_eq!(paid.transaction_code.as_deref(), Some("GUTSCHR. UEBERWEISUNG"));
    assert_eq!((paid.purpose.as_deref(), paid.purpose_raw.as_deref()), (Some("Rechnung RE-2026-0042"), None));
    assert_eq!((returned.kind, returned.return_reason.as_deref()), (LineKind::Chargeback, Some("AC04")));
    assert_eq!(
        (returned.purpose.as_deref(), returned.purpose_raw.as_deref()),
        (Some("RUECKLASTSCHRIFT AC04 KONTO AUFGELOEST"), Some("SVWZ+RUECKLASTSCHRIFT AC04 KONTO AUFGELOEST"))
    );
    assert_eq!((fee.kind, fee.fee_of), (LineKind::Fee, Some(Ordinal { statement: 1, entry: 2, detail: 1 })));
    assert_eq!(fee.ordinal.detail, 2);
    // Wrong check digits and missing digits stay as the customer typed them.
    assert_eq!(announced.counterparty_iban.as_deref(), Some("DE0212030000000020205"));
    assert_eq!(
        (announced.status, announced.kind, announced.booking_date),
        (LineStatus::Pending, LineKind::DirectDebit, day(2026, 11, 25))
    );
    assert_eq!(announced.purpose.as_deref(), Some("Beitrag \"Verein\""));
    assert_eq!(heard.ends[0].sum.unwrap().to_string(), "1136.50 EUR");
}

#[test]
fn sparkasse_v8_is_told_from_v2_by_its_last_column() {
    let text = SAVINGS_BANK.replace("Info", "Info;Kategorie") + &booking("RE-1", "5,00").replace('\n', ";Sonstiges\n");
    let heard = understood(text.as_bytes());
    assert_eq!((heard.key(), heard.amounts()), ("sparkasse_camt_v8", vec!["5.00 EUR".to_owned()]));
}

#[test]
fn several_accounts_in_one_file_are_several_statements() {
    let other = booking("RE-2", "7,00").replacen("DE89370400440532013000", "DE02100500000054540402", 1);
    let heard = understood(savings_bank(&(booking("RE-1", "5,00") + &other + &booking("RE-3", "9,00"))).as_bytes());
    let accounts: Vec<_> = heard.headers.iter().map(|header| header.account_iban.as_deref().unwrap()).collect();
    assert_eq!(accounts, ["DE89370400440532013000", "DE02100500000054540402", "DE89370400440532013000"]);
    assert_eq!(heard.lines.iter().map(|line| line.ordinal.statement).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!((heard.summary.statements, heard.ends.len()), (3, 3));
}

#[test]
fn the_same_booking_as_camt_and_as_csv_is_one_movement() {
    let camt = "<Document><BkToCstmrStmt><Stmt><Acct><Id><IBAN>DE89370400440532013000</IBAN></Id></Acct><Ntry>\
        <Amt Ccy='EUR'>1190.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-11-24</Dt></BookgDt>\
        <NtryDtls><TxDtls><Refs><EndToEndId>RE-2026-0042</EndToEndId></Refs><RltdPties><Dbtr><Nm>Juergen Gross</Nm></Dbtr>\
        <DbtrAcct><Id><IBAN>DE02 1203 0000 0000 2020 51</IBAN></Id></DbtrAcct></RltdPties>\
        <RmtInf><Ustrd>Rechnung RE-2026</Ustrd><Ustrd>-0042</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>";
    let mut lines = Vec::new();
    camt::read(camt.as_bytes(), &mut |event| {
        lines.extend(if let StatementEvent::Line(line) = event { Some(*line) } else { None });
        std::ops::ControlFlow::Continue(())
    })
    .unwrap();
    let csv = understood(&latin(SPARKASSE_V2));
    assert_eq!(Fingerprints::new(true).key(&lines[0]), Fingerprints::new(true).key(&csv.lines[0]));
}

#[test]
fn dkb_names_payer_and_payee_and_its_account_in_front() {
    let text = "\u{feff}\"Girokonto\";\"DE02120300000000202051\"\n\"\"\n\"Kontostand vom 24.11.2026:\";\"2.345,67 €\"\n\"\"\n\
        \"Buchungsdatum\";\"Wertstellung\";\"Status\";\"Zahlungspflichtige*r\";\"Zahlungsempfänger*in\";\"Verwendungszweck\";\"Umsatztyp\";\"IBAN\";\"Betrag (€)\";\"Gläubiger-ID\";\"Mandatsreferenz\";\"Kundenreferenz\"\n\
        \"24.11.26\";\"24.11.26\";\"Gebucht\";\"Beispiel Handel GmbH\";\"Erika Muster\";\"RE-2026-0815\";\"Eingang\";\"DE17100500000123456789\";\"1.190,00\u{a0}€\";\"\";\"\";\"\"\n\
        \"24.11.26\";\"24.11.26\";\"Gebucht\";\"ISSUER\";\"Muster Software\";\"Rechnung 7\";\"Ausgang\";\"\";\"-62,3\";\"\";\"\";\"483287233545819\"\n\
        \"25.11.26\";\"25.11.26\";\"Vorgemerkt\";\"Erika Muster\";\"Telefon AG\";\"\";\"Ausgang\";\"DE98700202700000012345\";\"-39,99\";\"\";\"M-1\";\"\"\n";
    let heard = understood(text.as_bytes());
    assert_eq!((heard.key(), heard.issues()), ("dkb", Vec::<String>::new()));
    let names: Vec<_> = heard.lines.iter().map(|line| line.counterparty_name.as_deref().unwrap()).collect();
    assert_eq!(names, ["Beispiel Handel GmbH", "Muster Software", "Telefon AG"]);
    assert_eq!(heard.amounts(), ["1190.00 EUR", "-62.30 EUR", "-39.99 EUR"]);
    assert_eq!(heard.headers[0].account_iban.as_deref(), Some("DE02120300000000202051"));
    assert_eq!(heard.ends[0].closing.unwrap().to_string(), "2345.67 EUR");
    assert_eq!(heard.lines[2].status, LineStatus::Pending);
    // Nothing was written: the bank's own word is all there is.
    assert_eq!(heard.lines[2].purpose.as_deref(), Some("Ausgang"));
    let span = heard.lines[0].span.unwrap();
    let text = text.trim_start_matches('\u{feff}');
    let row = &text[usize::try_from(span.offset).unwrap()..][..usize::try_from(span.length).unwrap()];
    assert!(row.starts_with("\"24.11.26\"") && row.ends_with("\"\"") && row.contains("RE-2026-0815"), "{row}");
}

#[test]
fn dkb_before_2023_has_a_semicolon_too_many() {
    let text = "\"Kontonummer:\";\"DE02120300000000202051 / Girokonto\";\r\n\r\n\"Von:\";\"31.12.2022\";\r\n\"Bis:\";\"24.01.2023\";\r\n\
        \"Kontostand vom 24.01.2023:\";\"-1.835,87 EUR\";\r\n\r\n\
        \"Buchungstag\";\"Wertstellung\";\"Buchungstext\";\"Auftraggeber / Begünstigter\";\"Verwendungszweck\";\"Kontonummer\";\"BLZ\";\"Betrag (EUR)\";\"Gläubiger-ID\";\"Mandatsreferenz\";\"Kundenreferenz\";\r\n\
        \"24.01.2023\";\"25.01.2023\";\"FOLGELASTSCHRIFT\";\"PayPal Europe\";\"1024853056047 . Ihr Einkauf\";\"LU89751000135104200E\";\"PPLXLUL2\";\"-41,00\";\"LU96ZZZ0000000000000000058\";\"\";\"1024853056047\";\r\n";
    let heard = understood(&latin(text));
    assert_eq!(
        (heard.key(), heard.amounts(), heard.issues().len()),
        ("dkb_before_2023", vec!["-41.00 EUR".to_owned()], 0)
    );
    assert_eq!(heard.headers[0].account_iban.as_deref(), Some("DE02120300000000202051"));
    assert_eq!(heard.ends[0].closing.unwrap().to_string(), "-1835.87 EUR");
    assert_eq!(heard.lines[0].source_line, 8);
}

const ING: &str = "Umsatzanzeige;Datei erstellt am: 25.11.2026 13:18\n;Letztes Update: aktuell\n\nIBAN;DE02 5001 0517 0137 0750 30\nKontoname;Girokonto\n\
    Bank;ING\nKunde;Erika Muster\nZeitraum;01.11.2026 - 25.11.2026\nSaldo;1.172,12;EUR\n\nSortierung;Datum absteigend\n\n\
    In der CSV-Datei finden Sie alle bereits gebuchten Umsätze.\n\n\
    Buchung;Valuta;Auftraggeber/Empfänger;Buchungstext;Verwendungszweck;Saldo;Währung;Betrag;Währung\n\
    24.11.2026;24.11.2026;Yabox;Lastschrift;Einkauf;1.172,12;EUR;-16,20;EUR\n\
    23.11.2026;23.11.2026;Erika Muster;Gutschrift;Rechnung 7;1.188,32;EUR;1.190,00;EUR\n";

#[test]
fn ing_runs_from_new_to_old_and_its_balances_add_up() {
    let heard = understood(&latin(ING));
    assert_eq!((heard.key(), heard.issues(), heard.gap()), ("ing", Vec::<String>::new(), "0.00 EUR".to_owned()));
    assert_eq!(heard.ends[0].opening.unwrap().to_string(), "-1.68 EUR");
    assert_eq!(heard.ends[0].closing.unwrap().to_string(), "1172.12 EUR");
    assert_eq!(heard.headers[0].account_iban.as_deref(), Some("DE02500105170137075030"));
}

#[test]
fn a_missing_row_shows_as_a_gap() {
    let more = "22.11.2026;22.11.2026;Lieferant;Überweisung;Ware;-1,68;EUR;-7,00;EUR\n";
    let whole = ING.to_owned() + more;
    assert_eq!(understood(&latin(&whole)).gap(), "0.00 EUR");
    let row = "23.11.2026;23.11.2026;Erika Muster;Gutschrift;Rechnung 7;1.188,32;EUR;1.190,00;EUR\n";
    let heard = understood(&latin(&whole.replace(row, "")));
    assert_eq!((heard.gap(), heard.issues()), ("1190.00 EUR".to_owned(), vec!["17 Saldo balance_mismatch".to_owned()]));
}

#[test]
fn a_file_of_several_blocks_has_an_account_for_each() {
    let second = ING.replace("DE02 5001 0517 0137 0750 30", "DE91 5001 0517 0137 0750 31");
    let heard = understood(&latin(&(ING.to_owned() + &second)));
    let accounts: Vec<_> = heard.headers.iter().map(|header| header.account_iban.as_deref().unwrap()).collect();
    assert_eq!(accounts, ["DE02500105170137075030", "DE91500105170137075031"]);
    assert_eq!((heard.lines.len(), heard.summary.errors), (4, 0));
    assert!(heard.ends.iter().all(|end| end.gap.unwrap().is_zero()));
}

#[test]
fn commerzbank_has_its_references_in_the_text() {
    let text = "\u{feff}Buchungstag;Wertstellung;Umsatzart;Buchungstext;Betrag;Währung;IBAN Kontoinhaber;Kategorie\n\
        24.11.2026;24.11.2026;Lastschrift;Muster Software Rechnung MS-1 End-to-End-Ref.: MS-1 Mandatsref: M-99 Gläubiger-ID: DE98ZZZ09999999999;-10,7;EUR;DE89370400440532013000;Software\n\
        20.11.2026;20.11.2026;Gutschrift;Beispiel Handel RE-7 End-to-End-Ref.: NOTPROVIDED;200;EUR;DE89370400440532013000;\n\
        20.11.2026;20.11.2026;Zinsen/Entgelte;Kontoführung;0;EUR;DE89370400440532013000;\n";
    let heard = understood(text.as_bytes());
    assert_eq!((heard.key(), heard.issues()), ("commerzbank", vec!["4 Betrag zero_amount".to_owned()]));
    assert_eq!(heard.amounts(), ["-10.70 EUR", "200.00 EUR"]);
    assert_eq!(heard.purposes(), ["Muster Software Rechnung MS-1", "Beispiel Handel RE-7"]);
    assert_eq!(
        (heard.lines[0].end_to_end_id.as_deref(), heard.lines[0].mandate_id.as_deref()),
        (Some("MS-1"), Some("M-99"))
    );
    assert_eq!((heard.lines[0].kind, heard.lines[1].end_to_end_id.as_deref()), (LineKind::DirectDebit, None));
}

#[test]
fn deutsche_bank_has_two_columns_and_a_footer() {
    let text = "Umsätze Girokonto;Zeitraum: 01.11.2026 - 25.11.2026;\r\nLetzter Kontostand;;;;1.000,00;EUR\r\n;\r\nKontoinhaber;Erika Muster\r\n;\r\n\
        Buchungstag;Wert;Umsatzart;Begünstigter / Auftraggeber;Verwendungszweck;IBAN / Kontonummer;BIC;Kundenreferenz;Mandatsreferenz;Gläubiger ID;Fremde Gebühren;Betrag;Abweichender Empfänger;Anzahl der Aufträge;Anzahl der Schecks;Soll;Haben;Währung\r\n\
        3.11.2026;3.11.2026;SEPA-Überweisung an;Vermieter GbR;Miete;DE65200411330987654321;COBADEFFXXX;;;;;;;;;-250,00;;EUR\r\n\
        4.11.2026;4.11.2026;SEPA-Lastschrift;Firma\";Strom;DE42500105175407324385;COBADEFFXXX;MS-1;M-9;;;;;;;50,00;;EUR\r\n\
        5.11.2026;5.11.2026;SEPA-Gutschrift;Handel GmbH;RE-7;DE17100500000123456789;BELADEBEXXX;;;;;;;;;;1.190,00;EUR\r\n\
        Kontostand;25.11.2026;;;1.890,00;EUR\r\n";
    let heard = understood(&latin(text));
    assert_eq!(
        (heard.key(), heard.issues(), heard.gap()),
        ("deutsche_bank", Vec::<String>::new(), "0.00 EUR".to_owned())
    );
    assert_eq!(heard.amounts(), ["-250.00 EUR", "-50.00 EUR", "1190.00 EUR"]);
    assert_eq!(heard.lines[1].counterparty_name.as_deref(), Some("Firma"));
}

#[test]
fn n26_writes_points_in_both_of_its_forms() {
    let new = "\"Booking Date\",\"Value Date\",\"Partner Name\",\"Partner Iban\",Type,\"Payment Reference\",\"Account Name\",\"Amount (EUR)\",\"Original Amount\",\"Original Currency\",\"Exchange Rate\"\n\
        2026-11-24,2026-11-24,\"Erika Muster\",DE02120300000000202051,\"Credit Transfer\",\"RE-7, danke\",\"Main Account\",1000.5,,,\n\
        2026-11-24,,,,Presentment,,\"Main Account\",-15.00,15.00,EUR,1.000000\n";
    let heard = understood(new.as_bytes());
    assert_eq!((heard.key(), heard.amounts()), ("n26", vec!["1000.50 EUR".to_owned(), "-15.00 EUR".to_owned()]));
    assert_eq!(heard.purposes(), ["RE-7, danke", "Presentment"]);
    for header in [
        "Date,Payee,Account number,Transaction type,Payment reference,Amount (EUR)",
        "Datum,Empfänger,Kontonummer,Transaktionstyp,Verwendungszweck,Betrag (EUR)",
    ] {
        let text = format!("{header}\n2026-01-05,Maria Muster,DE75512108001245126199,Direct Debit,Hausgeld,-45.90\n");
        let heard = understood(text.as_bytes());
        assert_eq!((heard.key(), heard.amounts()), ("n26_before_2024", vec!["-45.90 EUR".to_owned()]));
    }
}

#[test]
fn the_same_file_gives_the_same_lines_in_every_encoding() {
    let text = savings_bank(&booking("Grüße", "5,00"));
    let told = |heard: Heard| (heard.lines, heard.issues);
    let expected = told(understood(text.as_bytes()));
    assert_eq!(expected.0[0].purpose.as_deref(), Some("Grüße"));
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let marked = |mark: &[u8], text: &[u8]| [mark, text].concat();
    for bytes in [
        latin(&text),
        marked(b"\xef\xbb\xbf", text.as_bytes()),
        marked(b"\xff\xfe", &little),
        marked(b"\xfe\xff", &big),
        little,
        big,
    ] {
        assert_eq!(told(understood(&bytes)), expected);
    }
    for end in ["\r\n", "\r"] {
        let lines = understood(text.replace('\n', end).as_bytes()).lines;
        assert_eq!((lines[0].source_line, lines[0].purpose.as_deref()), (2, Some("Grüße")), "{end:?}");
    }
}
