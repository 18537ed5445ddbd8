//! What the logbook says about runs and movements, in German and English. What it says about files is in `issues`.

use chrono::{DateTime, NaiveDate, Utc};

use super::log::LogEntry;
use crate::domain::account::LockReason;
use crate::domain::continuity::{Gap, Span};
use crate::domain::id::MovementId;
use crate::domain::money::{Currency, Money};
use crate::domain::run::LogLevel;
use crate::entities::statement;

pub fn entry(level: LogLevel, code: &str, (en, de): (impl Into<String>, impl Into<String>)) -> LogEntry {
    LogEntry {
        level,
        code: code.to_owned(),
        message_de: de.into(),
        message_en: en.into(),
        line: None,
        field: None,
        file: None,
    }
}

pub fn other_currency(line: Option<i64>, own: Currency, given: Currency) -> LogEntry {
    let en = format!("the amount is in {given}, the account in {own}; create an account in {given} for it");
    let de = format!("der Betrag ist in {given}, das Konto in {own}; legen Sie dafür ein Konto in {given} an");
    LogEntry { line, ..entry(LogLevel::Error, "currency_mismatch", (en, de)) }
}

/// Feature 26: what was assigned keeps its amount.
pub fn movement_assigned(line: Option<i64>) -> LogEntry {
    let en = "the delivery changes the amount or kind of a movement that is assigned; undo the assignment first";
    let de = "die Lieferung ändert Betrag oder Art einer zugewiesenen Kontobewegung; heben Sie erst die Zuweisung auf";
    LogEntry { line, ..entry(LogLevel::Error, "movement_assigned", (en, de)) }
}

pub fn movement_booked(line: Option<i64>) -> LogEntry {
    let en = "the delivery changes the amount or kind of a completed movement; a correction has to be a new movement";
    let de = "die Lieferung ändert Betrag oder Art einer abgeschlossenen Kontobewegung; eine Berichtigung muss eine neue sein";
    LogEntry { line, ..entry(LogLevel::Error, "movement_booked", (en, de)) }
}

pub fn provider_unavailable() -> LogEntry {
    let en = "the provider did not answer; it is asked again";
    let de = "der Anbieter hat nicht geantwortet; er wird erneut gefragt";
    entry(LogLevel::Warning, "provider_unavailable", (en, de))
}

/// The provider wants a person (feature 15).
pub fn locked(reason: LockReason) -> LogEntry {
    let texts = match reason {
        LockReason::ConfirmationRequired => (
            "the provider wants a confirmation by a person, so the account was locked; confirm there, then unlock it",
            "der Anbieter verlangt die Bestätigung eines Menschen, daher wurde das Konto gesperrt; bestätigen Sie dort und entsperren Sie es dann",
        ),
        LockReason::CredentialsInvalid => (
            "the provider does not accept the credentials, so the account was locked; renew them, then unlock it",
            "der Anbieter nimmt die Zugangsdaten nicht an, daher wurde das Konto gesperrt; erneuern Sie sie und entsperren Sie es dann",
        ),
    };
    entry(LogLevel::Error, reason.as_str(), texts)
}

/// A run over all accounts does without those that are locked.
pub fn left_out(reason: LockReason) -> LogEntry {
    let en = format!("the account was left out, because it is locked ({reason}); unlock it to have it fetched again");
    let de = format!(
        "das Konto wurde ausgelassen, weil es gesperrt ist ({reason}); entsperren Sie es, damit es wieder abgerufen wird"
    );
    entry(LogLevel::Warning, "account_locked", (en, de))
}

/// The last try failed too.
pub fn gave_up(code: &str) -> LogEntry {
    let en = "the run was given up after several tries; start it again";
    let de = "der Abgleich wurde nach mehreren Versuchen aufgegeben; starten Sie ihn erneut";
    entry(LogLevel::Error, code, (en, de))
}

/// An earlier try was cut off, by the end of its process as a rule.
pub fn import_resumed(done: i64) -> LogEntry {
    let en = format!("an earlier try was cut off; the import goes on after {done} stored lines");
    let de = format!("ein früherer Versuch brach ab; der Import geht nach {done} gespeicherten Zeilen weiter");
    entry(LogLevel::Warning, "import_resumed", (en, de))
}

/// The movements of some days do not come to what the statements say (lesson R74).
pub fn sum_differs(span: &Span, expected: Money, found: Money) -> LogEntry {
    let (first, last, currency) = (span.first, span.last, expected.currency());
    let (expected, found) = (expected.amount(), found.amount());
    let en = format!(
        "the movements from {first} to {last} come to {found} {currency}, the statements of these days to {expected} {currency}; \
         look for a payment that is there twice, or for two payments that were taken for one because two statements name them alike"
    );
    let de = format!(
        "die Kontobewegungen vom {first} bis {last} ergeben {found} {currency}, die Auszüge dieser Tage {expected} {currency}; \
         suchen Sie nach einer Zahlung, die doppelt da ist, oder nach zweien, die für eine gehalten wurden, weil zwei Auszüge sie gleich nennen"
    );
    entry(LogLevel::Warning, "movements_differ_from_balance", (en, de))
}

/// Lines alike in several statements of a day, each of which is a payment (lesson R74).
pub fn told_apart(span: &Span, added: usize) -> LogEntry {
    let (first, last) = (span.first, span.last);
    let en = format!(
        "{added} movements from {first} to {last} were added: another statement of these days has a line that says the same, and by the balances both are payments"
    );
    let de = format!(
        "{added} Kontobewegungen vom {first} bis {last} wurden ergänzt: ein anderer Auszug dieser Tage hat eine Zeile, die dasselbe sagt, und nach den Salden sind beide Zahlungen"
    );
    entry(LogLevel::Info, "movements_told_apart", (en, de))
}

/// Two statements that should follow one another do not (lesson R74).
pub fn balance_gap(gap: &Gap, row: &statement::Model) -> LogEntry {
    let (after, before) = (gap.after, row.first_date);
    let opening = row.opening_minor.map_or_else(String::new, |minor| Money::new(minor, row.currency).amount());
    let (closing, currency) = (gap.closing.amount(), row.currency);
    let en = format!(
        "the statement up to {after} closes with {closing} {currency}, the one from {before} opens with {opening} {currency}; import what lies between"
    );
    let de = format!(
        "der Auszug bis {after} endet mit {closing} {currency}, der ab {before} beginnt mit {opening} {currency}; importieren Sie, was dazwischen liegt"
    );
    LogEntry {
        line: Some(row.source_line),
        file: row.file_part.clone(),
        ..entry(LogLevel::Warning, "balance_gap", (en, de))
    }
}

/// A line that another file may have brought in other words (lesson R60).
pub fn possible_duplicate((line, file): (Option<i64>, Option<String>), other: MovementId) -> LogEntry {
    let en = format!(
        "this may be the payment that another file brought as {other}; look at both, then hide one or keep both"
    );
    let de = format!(
        "das kann die Zahlung sein, die eine andere Datei als {other} brachte; sehen Sie beide an und blenden Sie eine aus oder behalten Sie beide"
    );
    LogEntry { line, file, ..entry(LogLevel::Warning, "possible_duplicate", (en, de)) }
}

pub fn more_possible_duplicates(count: usize) -> LogEntry {
    let en = format!(
        "{count} more movements may be payments that another file brought; list them with possible_duplicate=true"
    );
    let de = format!(
        "{count} weitere Kontobewegungen können Zahlungen sein, die eine andere Datei brachte; possible_duplicate=true listet sie"
    );
    entry(LogLevel::Warning, "possible_duplicate", (en, de))
}

/// A day has more lines of the same amounts than are compared.
pub fn not_compared(day: NaiveDate) -> LogEntry {
    let en = format!(
        "there are too many lines of the same amounts to compare all of them, first on {day}; payments that two files brought may be there twice unmarked"
    );
    let de = format!(
        "es gibt zu viele Zeilen mit denselben Beträgen, um alle zu vergleichen, zuerst am {day}; Zahlungen aus zwei Dateien können unmarkiert doppelt sein"
    );
    entry(LogLevel::Warning, "duplicates_not_compared", (en, de))
}

/// A person ended the run.
pub fn cancelled(stored: i64) -> LogEntry {
    let en = format!(
        "the run was cancelled; {stored} movements that were stored by then stay, and the same file imported again adds the rest"
    );
    let de = format!(
        "der Abgleich wurde abgebrochen; {stored} bis dahin gespeicherte Kontobewegungen bleiben, dieselbe Datei ergänzt bei erneutem Import den Rest"
    );
    entry(LogLevel::Warning, "cancelled", (en, de))
}

/// The same bytes again.
pub fn file_known(received: DateTime<Utc>) -> LogEntry {
    let day = received.format("%Y-%m-%d %H:%M UTC");
    let en = format!("the same file was sent again; it was received first on {day}, nothing is imported twice");
    let de = format!("dieselbe Datei kam noch einmal; zuerst kam sie am {day}, nichts wird doppelt importiert");
    entry(LogLevel::Info, "file_known", (en, de))
}
