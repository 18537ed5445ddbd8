//! The columns of the table, in the order of the details (features 64 to 72).

use chrono::NaiveDate;

use super::Row;
use crate::domain::money::Money;
use crate::domain::movement::Direction;

/// English, German.
pub type Words = (&'static str, &'static str);

/// What a cell holds.
pub enum Cell<'a> {
    Text(Option<&'a str>),
    Date(Option<NaiveDate>),
    Amount(Money),
    /// A code of a list, shown by its label.
    Code(&'static str, &'static str),
    Flag(bool),
    Id(String),
}

/// A column: its head, how wide a spreadsheet shows it in characters, and its cell.
pub struct Column {
    pub head: Words,
    pub width: u16,
    pub cell: fn(&Row) -> Cell<'_>,
}

const fn column(head: Words, width: u16, cell: fn(&Row) -> Cell<'_>) -> Column {
    Column { head, width, cell }
}

pub const YES: Words = ("yes", "ja");
pub const NO: Words = ("no", "nein");
pub const TITLE: Words = ("Account movements", "Kontobewegungen");

pub const COLUMNS: [Column; 25] = [
    column(("Booking date", "Buchungsdatum"), 13, |row| Cell::Date(Some(row.movement.booking_date))),
    column(("Value date", "Wertstellung"), 13, |row| Cell::Date(row.movement.value_date)),
    column(("Account", "Konto"), 18, |row| Cell::Text(Some(&row.account))),
    column(("Amount", "Betrag"), 16, |row| Cell::Amount(row.movement.amount)),
    column(("Unassigned amount", "Nicht zugewiesen"), 18, |row| Cell::Amount(row.movement.free)),
    column(("Currency", "Währung"), 9, |row| Cell::Text(Some(row.movement.amount.currency().code()))),
    column(("Direction", "Richtung"), 10, |row| Cell::Code("direction", row.movement.facts().direction().as_str())),
    column(("Booking type", "Buchungsart"), 20, |row| Cell::Code("booking_type", row.movement.booking_type.as_str())),
    column(("Status", "Status"), 14, |row| Cell::Code("movement_status", row.movement.status.as_str())),
    column(("Status message", "Statusmeldung"), 20, |row| Cell::Text(row.movement.status_text.as_deref())),
    column(("Assignment", "Zuweisung"), 20, |row| {
        Cell::Code("assignment_state", row.movement.facts().assignment_state().as_str())
    }),
    column(("Counterparty is", "Gegenpartei ist"), 14, |row| {
        Cell::Code(
            "counterparty_role",
            match row.movement.facts().direction() {
                Direction::In => "sender",
                Direction::Out => "recipient",
            },
        )
    }),
    column(("Counterparty", "Gegenpartei"), 28, |row| Cell::Text(row.movement.counterparty_name.as_deref())),
    column(("IBAN", "IBAN"), 26, |row| Cell::Text(row.movement.counterparty_iban.as_deref())),
    column(("BIC", "BIC"), 13, |row| Cell::Text(row.movement.counterparty_bic.as_deref())),
    column(("Purpose", "Verwendungszweck"), 50, |row| Cell::Text(row.movement.purpose.as_deref())),
    column(("Reference", "Referenz"), 20, |row| Cell::Text(row.movement.reference.as_deref())),
    column(("End-to-end id", "End-to-End-Referenz"), 20, |row| Cell::Text(row.movement.end_to_end_id.as_deref())),
    column(("Mandate", "Mandat"), 16, |row| Cell::Text(row.movement.mandate_id.as_deref())),
    column(("Transaction id", "Transaktions-ID"), 30, |row| Cell::Text(Some(&row.movement.transaction_id))),
    column(("Related transaction id", "Zugehörige Transaktions-ID"), 30, |row| {
        Cell::Text(row.movement.related_transaction_id.as_deref())
    }),
    column(("Internal comment", "Interner Kommentar"), 30, |row| Cell::Text(row.movement.internal_comment.as_deref())),
    column(("Imported by", "Importweg"), 14, |row| Cell::Code("import_channel", row.movement.import_channel.as_str())),
    column(("Hidden", "Ausgeblendet"), 12, |row| Cell::Flag(row.movement.hidden)),
    column(("Id", "ID"), 32, |row| Cell::Id(row.movement.id.to_string())),
];
