//! PayPal's activity report: fees beside the amount, holds, conversions, two languages, days and amounts in any style.

use super::{refused, understood, understood_by};
use crate::domain::money::Currency;
use crate::importers::csv::Reader;
use crate::importers::{LineKind, LineStatus};

const GERMAN: &str = "\u{feff}\"Datum\",\"Uhrzeit\",\"Zeitzone\",\"Name\",\"Typ\",\"Status\",\"Währung\",\"Brutto\",\"Gebühr\",\"Netto\",\"Transaktionscode\",\"Rechnungsnummer\",\"Guthaben\",\"Betreff\",\"Auswirkung auf Guthaben\"\n";

fn german(rows: &str) -> Vec<u8> {
    format!("{GERMAN}{rows}").into_bytes()
}

#[test]
fn fees_beside_the_amount_are_lines_of_their_own() {
    let heard = understood(&german(
        "\"24.11.2026\",\"12:09:12\",\"CET\",\"Erika Muster\",\"Handyzahlung\",\"Abgeschlossen\",\"EUR\",\"119,00\",\"-3,31\",\"115,69\",\"0Y1\",\"RE-7\",\"215,69\",\"\",\"Haben\"\n\
         \"24.11.2026\",\"13:00:00\",\"CET\",\"Max Muster\",\"Rückzahlung\",\"Abgeschlossen\",\"EUR\",\"-20,00\",\"0,35\",\"-19,65\",\"0Y2\",\"\",\"196,04\",\"\",\"Soll\"\n",
    ));
    assert_eq!((heard.key(), heard.issues(), heard.gap()), ("paypal", Vec::<String>::new(), "0.00 EUR".to_owned()));
    assert_eq!(heard.amounts(), ["119.00 EUR", "-3.31 EUR", "-20.00 EUR", "0.35 EUR"]);
    assert_eq!(heard.ends[0].opening.unwrap().to_string(), "100.00 EUR");
    assert_eq!(heard.lines[1].kind, LineKind::Fee);
    assert_eq!(heard.lines[1].fee_of, Some(heard.lines[0].ordinal));
    assert_eq!(
        (heard.lines[0].bank_reference.as_deref(), heard.lines[0].purpose.as_deref()),
        (Some("0Y1"), Some("RE-7"))
    );
}

#[test]
fn a_refund_names_the_payment_that_it_gives_back() {
    for (id, related) in [("Transaction ID", "Reference Txn ID"), ("Transaktionscode", "Zugehöriger Transaktionscode")]
    {
        let text = format!(
            "\"Date\",\"Time\",\"TimeZone\",\"Name\",\"Type\",\"Status\",\"Currency\",\"Gross\",\"Fee\",\"Net\",\"{id}\",\"{related}\"\n\
             \"24.11.2026\",\"12:00:00\",\"CET\",\"Max\",\"Refund\",\"Completed\",\"EUR\",\"-20,00\",\"0,00\",\"-20,00\",\"0Y2\",\"0Y1\"\n"
        );
        let line = understood(text.as_bytes()).lines.remove(0);
        assert_eq!((line.bank_reference.as_deref(), line.reference.as_deref()), (Some("0Y2"), Some("0Y1")));
        assert_eq!(line.transaction_code.as_deref(), Some("Refund"));
    }
}

#[test]
fn holds_that_cancel_out_make_no_line_and_open_ones_are_named() {
    let hold = "\"24.11.2026\",\"12:00:00\",\"CET\",\"\",\"Einbehaltung für offene Autorisierung\",\"Abgeschlossen\",\"EUR\",\"-30,00\",\"0,00\",\"-30,00\",\"H1\",\"\",\"70,00\",\"\",\"Soll\"\n";
    let free = "\"24.11.2026\",\"12:05:00\",\"CET\",\"\",\"Rückbuchung allgemeiner Einbehaltung\",\"Abgeschlossen\",\"EUR\",\"30,00\",\"0,00\",\"30,00\",\"H2\",\"\",\"100,00\",\"\",\"Haben\"\n";
    let paid = "\"24.11.2026\",\"12:09:12\",\"CET\",\"Erika Muster\",\"Handyzahlung\",\"Abgeschlossen\",\"EUR\",\"10,00\",\"0,00\",\"10,00\",\"0Y1\",\"\",\"110,00\",\"\",\"Haben\"\n";
    let heard = understood(&german(&format!("{hold}{free}{paid}")));
    assert_eq!((heard.amounts(), heard.gap()), (vec!["10.00 EUR".to_owned()], "0.00 EUR".to_owned()));
    assert_eq!(heard.issues(), ["2 Typ account_hold", "3 Typ account_hold"]);
    let still = format!("{}{}{}", paid.replace("110,00", "100,00"), hold, paid.replace("\"110,00\"", "\"80,00\""));
    let heard = understood(&german(&still));
    assert_eq!(
        (heard.gap(), heard.issues().pop().unwrap()),
        ("-30.00 EUR".to_owned(), "4 Guthaben hold_open".to_owned())
    );
}

#[test]
fn what_moves_no_money_makes_no_line_and_what_is_announced_is_pending() {
    let row = |status: &str, effect: &str| {
        format!(
            "\"24.11.2026\",\"12:00:00\",\"CET\",\"A\",\"Zahlung\",\"{status}\",\"EUR\",\"5,00\",\"\",\"5,00\",\"T\",\"\",\"\",\"\",\"{effect}\"\n"
        )
    };
    let rows = [
        row("Ausstehend", "Haben"),
        row("Abgelehnt", "Haben"),
        row("Abgeschlossen", "Memo"),
        row("Abgeschlossen", "Haben"),
    ]
    .concat();
    let heard = understood(&german(&rows));
    assert_eq!(
        heard.lines.iter().map(|line| line.status).collect::<Vec<_>>(),
        [LineStatus::Pending, LineStatus::Booked]
    );
    assert_eq!(heard.issues(), ["3 Status information_only", "4 Auswirkung auf Guthaben information_only"]);
}

const ENGLISH: &str = "\"Date\",\"Time\",\"TimeZone\",\"Name\",\"Type\",\"Status\",\"Currency\",\"Gross\",\"Fee\",\"Net\",\"From Email Address\",\"To Email Address\",\"Transaction ID\",\"Balance\",\"Balance Impact\"\n";

#[test]
fn a_conversion_keeps_both_of_its_sides_each_in_its_currency() {
    let text = format!(
        "{ENGLISH}\"11/24/2026\",\"10:00:00\",\"CET\",\"John\",\"Express Checkout Payment\",\"Completed\",\"USD\",\"100.00\",\"-3.40\",\"96.60\",\"\",\"\",\"T1\",\"96.60\",\"Credit\"\n\
         \"11/24/2026\",\"10:00:01\",\"CET\",\"\",\"General Currency Conversion\",\"Completed\",\"USD\",\"-96.60\",\"0.00\",\"-96.60\",\"\",\"\",\"T2\",\"0.00\",\"Debit\"\n\
         \"11/24/2026\",\"10:00:01\",\"CET\",\"\",\"General Currency Conversion\",\"Completed\",\"EUR\",\"88.10\",\"0.00\",\"88.10\",\"\",\"\",\"T3\",\"188.10\",\"Credit\"\n"
    );
    let heard = understood(text.as_bytes());
    assert_eq!(heard.amounts(), ["100.00 USD", "-3.40 USD", "-96.60 USD", "88.10 EUR"]);
    assert_eq!((heard.issues(), heard.gap()), (Vec::<String>::new(), "0.00 EUR".to_owned()));
    let dollars = Reader::built_in(Currency::parse("USD").unwrap());
    assert_eq!(understood_by(text.as_bytes(), &dollars).gap(), "0.00 USD");
}

#[test]
fn days_and_amounts_are_found_out_or_refused_but_never_guessed() {
    let row = |day: &str, amount: &str| {
        format!(
            "{ENGLISH}\"{day}\",\"10:00:00\",\"GMT\",\"John\",\"Payment\",\"Completed\",\"EUR\",\"{amount}\",\"0\",\"0\",\"\",\"\",\"T1\",\"\",\"Credit\"\n"
        )
    };
    let day = |text: &str| understood(text.as_bytes()).lines[0].booking_date.to_string();
    assert_eq!(day(&row("11/24/2026", "1,234.56")), "2026-11-24");
    assert_eq!(day(&row("24/11/2026", "1.234,56")), "2026-11-24");
    assert_eq!(day(&row("24.11.2026", "5,00")), "2026-11-24");
    assert_eq!(refused(row("05/06/2026", "5.00").as_bytes()).0, "csv_dates_ambiguous");
    assert_eq!(refused(row("24/11/2026", "1.234").as_bytes()).0, "csv_numbers_ambiguous");
    let both = row("24/11/2026", "5.00") + row("11/24/2026", "5.00").lines().last().unwrap();
    assert_eq!(refused(both.as_bytes()).0, "csv_dates_ambiguous");
}
