//! The profiles that come with the program: what the usual German banks and PayPal write.
//!
//! A profile lives as long as files of its kind lie on somebody's disk. Its key never changes, and a bank's new header
//! is a new profile, or another name in a column's list.

use std::sync::LazyLock;

use super::profile::{Column, DateOrder, Field, NumberStyle, Origin, Profile, Rules, SignRule};
use Field::{
    Account, Amount, Balance, BankReference, BookingDate, Charges, Counterparty, CounterpartyBic, CounterpartyIban,
    Credit, Currency, Debit, EndToEndId, Fee, MandateId, OriginalAmount, Payee, Payer, Purpose, Status,
    TransactionCode, ValueDate,
};

/// All of them, in the order they are shown in.
pub static PROFILES: LazyLock<Vec<Profile>> = LazyLock::new(|| {
    let mut all = savings_banks();
    all.extend([dkb(), dkb_before_2023(), ing(), commerzbank(), deutsche_bank(), n26(), n26_before_2024(), paypal()]);
    all
});

const PENDING: &[&str] = &["Umsatz vorgemerkt", "Vorgemerkt", "Vormerkung"];

fn profile(key: &str, name: &str, rules: Rules) -> Profile {
    Profile { key: key.to_owned(), name: name.to_owned(), origin: Origin::BuiltIn, rules }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn needed(field: Field, names: &[&str]) -> Column {
    Column { field, names: words(names), needed: true }
}

fn maybe(field: Field, names: &[&str]) -> Column {
    Column { field, names: words(names), needed: false }
}

/// V8 has what V2 has and the bank's own guess at what a booking is about.
fn savings_banks() -> Vec<Profile> {
    let columns = vec![
        needed(Account, &["Auftragskonto", "IBAN Auftragskonto"]),
        needed(BookingDate, &["Buchungstag"]),
        needed(ValueDate, &["Valutadatum"]),
        needed(TransactionCode, &["Buchungstext"]),
        needed(Purpose, &["Verwendungszweck"]),
        needed(MandateId, &["Mandatsreferenz"]),
        needed(EndToEndId, &["Kundenreferenz (End-to-End)"]),
        maybe(BankReference, &["Sammlerreferenz"]),
        maybe(OriginalAmount, &["Lastschrift Ursprungsbetrag"]),
        maybe(Charges, &["Auslagenersatz Ruecklastschrift", "Auslagenersatz Rueckslastschrift"]),
        needed(Counterparty, &["Beguenstigter/Zahlungspflichtiger"]),
        needed(CounterpartyIban, &["Kontonummer/IBAN", "Kontonummer"]),
        maybe(CounterpartyBic, &["BIC (SWIFT-Code)", "BIC", "BLZ"]),
        needed(Amount, &["Betrag"]),
        needed(Currency, &["Waehrung"]),
        needed(Status, &["Info"]),
    ];
    let rules = Rules { columns, known: words(&["Glaeubiger ID"]), pending: words(PENDING), ..Rules::default() };
    let mut newer = rules.clone();
    newer.columns.push(needed(Field::Category, &["Kategorie"]));
    vec![
        profile("sparkasse_camt_v2", "Sparkasse CSV-CAMT V2", rules),
        profile("sparkasse_camt_v8", "Sparkasse CSV-CAMT V8", newer),
    ]
}

fn dkb() -> Profile {
    let columns = vec![
        needed(BookingDate, &["Buchungsdatum"]),
        needed(ValueDate, &["Wertstellung"]),
        needed(Status, &["Status"]),
        needed(Payer, &["Zahlungspflichtige*r"]),
        needed(Payee, &["Zahlungsempfänger*in"]),
        needed(Purpose, &["Verwendungszweck"]),
        maybe(TransactionCode, &["Umsatztyp"]),
        maybe(CounterpartyIban, &["IBAN"]),
        needed(Amount, &["Betrag (€)", "Betrag (EUR)"]),
        maybe(MandateId, &["Mandatsreferenz"]),
        maybe(EndToEndId, &["Kundenreferenz"]),
    ];
    profile(
        "dkb",
        "DKB (since 2023)",
        Rules { columns, known: words(&["Gläubiger-ID"]), pending: words(PENDING), ..Rules::default() },
    )
}

fn dkb_before_2023() -> Profile {
    let columns = vec![
        needed(BookingDate, &["Buchungstag"]),
        needed(ValueDate, &["Wertstellung"]),
        needed(TransactionCode, &["Buchungstext"]),
        needed(Counterparty, &["Auftraggeber / Begünstigter"]),
        needed(Purpose, &["Verwendungszweck"]),
        maybe(CounterpartyIban, &["Kontonummer"]),
        maybe(CounterpartyBic, &["BLZ"]),
        needed(Amount, &["Betrag (EUR)"]),
        maybe(MandateId, &["Mandatsreferenz"]),
        maybe(EndToEndId, &["Kundenreferenz"]),
    ];
    profile(
        "dkb_before_2023",
        "DKB (before 2023)",
        Rules { columns, known: words(&["Gläubiger-ID"]), ..Rules::default() },
    )
}

fn ing() -> Profile {
    let columns = vec![
        needed(BookingDate, &["Buchung"]),
        needed(ValueDate, &["Valuta", "Wertstellungsdatum"]),
        needed(Counterparty, &["Auftraggeber/Empfänger"]),
        needed(TransactionCode, &["Buchungstext"]),
        needed(Purpose, &["Verwendungszweck"]),
        needed(Amount, &["Betrag"]),
        maybe(Currency, &["Währung"]),
        maybe(Balance, &["Saldo"]),
        maybe(MandateId, &["Mandatsreferenz"]),
        maybe(EndToEndId, &["Kundenreferenz", "Referenz"]),
    ];
    let known = words(&["Kategorie", "Notiz", "Währung", "Gläubiger-ID"]);
    profile("ing", "ING", Rules { columns, known, ..Rules::default() })
}

/// Name and purpose stand in one text, with the references behind words of their own.
fn commerzbank() -> Profile {
    let columns = vec![
        needed(BookingDate, &["Buchungstag"]),
        needed(ValueDate, &["Wertstellung"]),
        needed(TransactionCode, &["Umsatzart"]),
        needed(Purpose, &["Buchungstext"]),
        needed(Amount, &["Betrag"]),
        needed(Currency, &["Währung"]),
        maybe(Account, &["IBAN Kontoinhaber", "IBAN Auftraggeberkonto"]),
        maybe(Counterparty, &["Auftraggeber / Begünstigter"]),
        maybe(CounterpartyIban, &["IBAN"]),
        maybe(CounterpartyBic, &["BIC"]),
    ];
    let known = words(&["Auftraggeberkonto", "Bankleitzahl Auftraggeberkonto", "Kategorie"]);
    profile("commerzbank", "Commerzbank", Rules { columns, known, ..Rules::default() })
}

fn deutsche_bank() -> Profile {
    let columns = vec![
        needed(BookingDate, &["Buchungstag"]),
        needed(ValueDate, &["Wert"]),
        needed(TransactionCode, &["Umsatzart"]),
        needed(Counterparty, &["Begünstigter / Auftraggeber"]),
        needed(Purpose, &["Verwendungszweck"]),
        maybe(CounterpartyIban, &["IBAN / Kontonummer", "IBAN"]),
        maybe(CounterpartyBic, &["BIC"]),
        maybe(EndToEndId, &["Kundenreferenz"]),
        maybe(MandateId, &["Mandatsreferenz"]),
        maybe(Amount, &["Betrag"]),
        needed(Debit, &["Soll"]),
        needed(Credit, &["Haben"]),
        needed(Currency, &["Währung"]),
    ];
    let known = words(&[
        "Gläubiger ID",
        "Fremde Gebühren",
        "Abweichender Empfänger",
        "Anzahl der Aufträge",
        "Anzahl der Schecks",
    ]);
    profile("deutsche_bank", "Deutsche Bank", Rules { columns, known, sign: SignRule::TwoColumns, ..Rules::default() })
}

fn n26() -> Profile {
    let columns = vec![
        needed(BookingDate, &["Booking Date"]),
        needed(ValueDate, &["Value Date"]),
        needed(Counterparty, &["Partner Name"]),
        needed(CounterpartyIban, &["Partner Iban"]),
        needed(TransactionCode, &["Type"]),
        needed(Purpose, &["Payment Reference"]),
        needed(Amount, &["Amount (EUR)"]),
    ];
    profile("n26", "N26", point(columns, &["Account Name", "Original Amount", "Original Currency", "Exchange Rate"]))
}

fn n26_before_2024() -> Profile {
    let columns = vec![
        needed(BookingDate, &["Date", "Datum"]),
        needed(Counterparty, &["Payee", "Empfänger"]),
        needed(CounterpartyIban, &["Account number", "Kontonummer"]),
        needed(TransactionCode, &["Transaction type", "Transaktionstyp"]),
        needed(Purpose, &["Payment reference", "Verwendungszweck"]),
        needed(Amount, &["Amount (EUR)", "Betrag (EUR)"]),
    ];
    let known = [
        "Category",
        "Kategorie",
        "Amount (Foreign Currency)",
        "Type Foreign Currency",
        "Exchange Rate",
        "Betrag (Fremdwährung)",
        "Fremdwährung",
        "Wechselkurs",
    ];
    profile("n26_before_2024", "N26 (before 2024)", point(columns, &known))
}

/// Days as `2026-11-24`, amounts as `-15.5`, always in euros.
fn point(columns: Vec<Column>, known: &[&str]) -> Rules {
    let currency = Some(crate::domain::money::Currency::EUR);
    let (dates, numbers) = (DateOrder::YearMonthDay, NumberStyle::Point);
    Rules { columns, known: words(known), dates, numbers, currency, ..Rules::default() }
}

/// The activity report. Which columns it has is chosen by the merchant, and how days and amounts are written follows the
/// language and country of the login: both are found out in the file.
fn paypal() -> Profile {
    let columns = vec![
        needed(BookingDate, &["Date", "Datum"]),
        needed(Field::Time, &["Time", "Uhrzeit"]),
        maybe(Field::Time, &["TimeZone", "Time zone", "Zeitzone"]),
        needed(Counterparty, &["Name"]),
        needed(TransactionCode, &["Type", "Typ", "Description", "Beschreibung"]),
        maybe(Status, &["Status"]),
        needed(Currency, &["Currency", "Währung"]),
        needed(Amount, &["Gross", "Brutto"]),
        needed(Fee, &["Fee", "Fees", "Gebühr", "Entgelt"]),
        needed(BankReference, &["Transaction ID", "Transaktionscode"]),
        // Of a refund: the payment that it gives back.
        maybe(Field::Reference, &["Reference Txn ID", "Zugehöriger Transaktionscode"]),
        maybe(
            Purpose,
            &[
                "Subject",
                "Betreff",
                "Note",
                "Hinweis",
                "Item Title",
                "Artikelbezeichnung",
                "Invoice Number",
                "Rechnungsnummer",
            ],
        ),
        maybe(Balance, &["Balance", "Guthaben"]),
        maybe(Field::Effect, &["Balance Impact", "Auswirkung auf Guthaben"]),
    ];
    let rules = Rules {
        columns,
        dates: DateOrder::Detected,
        numbers: NumberStyle::Detected,
        pending: words(&["Pending", "Ausstehend", "Offen", "Held", "Einbehalten", "Uncleared", "Unverrechnet"]),
        ignored: words(&[
            "Memo",
            "Denied",
            "Abgelehnt",
            "Canceled",
            "Cancelled",
            "Storniert",
            "Expired",
            "Abgelaufen",
            "Removed",
            "Entfernt",
            "Failed",
            "Fehlgeschlagen",
            "Voided",
        ]),
        holds: words(&["Hold", "Holds", "Einbehaltung", "Kontoeinbehaltung", "Payment Release", "Zahlungsfreigabe"]),
        ..Rules::default()
    };
    profile("paypal", "PayPal activity", rules)
}
