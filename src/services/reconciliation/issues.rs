//! What the logbook says about statement files, in German and English.
//!
//! The importers write English; the German of an importer's code is the table below, less exact by a value or two but
//! with the same advice.

use super::archives;
use super::log::LogEntry;
use super::texts::entry;
use crate::domain::run::LogLevel;
use crate::importers::{Format, Header, ImportError, ImportIssue, Refusal, Severity};

fn line_number(line: Option<u64>) -> Option<i64> {
    line.and_then(|line| i64::try_from(line).ok())
}

/// An issue of the importer.
pub fn of_issue(issue: &ImportIssue) -> LogEntry {
    let level = match issue.severity {
        Severity::Error => LogLevel::Error,
        Severity::Warning => LogLevel::Warning,
    };
    LogEntry {
        line: line_number(issue.line),
        field: issue.field.clone(),
        ..entry(level, issue.code, (issue.message.clone(), german(issue.code)))
    }
}

/// Why an uploaded file stores nothing. One file of an archive is reason enough, and that is said too: otherwise somebody
/// would take the others for stored.
pub fn of_file(error: &ImportError) -> Vec<LogEntry> {
    let reason = of_refusal(error);
    if !matches!(error.reason, Refusal::Part { .. }) {
        return vec![reason];
    }
    let en = "nothing of the archive was stored because of this file; leave it out or replace it, and send the archive again";
    let de = "wegen dieser Datei wurde aus dem Archiv nichts gespeichert; lassen Sie sie weg oder ersetzen Sie sie, und senden Sie das Archiv erneut";
    let file = reason.file.clone();
    vec![reason, LogEntry { file, ..entry(LogLevel::Error, "archive_refused", (en, de)) }]
}

/// Why a file could not be read as a whole.
pub fn of_refusal(error: &ImportError) -> LogEntry {
    let (file, reason) = match &error.reason {
        Refusal::Part { name, reason } => (Some(name.clone()), &**reason),
        reason => (None, reason),
    };
    let german = match reason {
        Refusal::Archive(fault) => archives::german(*fault),
        Refusal::UnknownProfile { header, nearest } => unknown_profile(header.as_ref(), nearest.as_ref()),
        Refusal::AmbiguousProfile(names) => {
            format!(
                "mehrere Profile passen gleich gut zu dieser Datei ({names}); löschen oder ändern Sie eines, oder binden Sie das richtige an das Konto"
            )
        }
        _ => german(error.code()).to_owned(),
    };
    let texts = (error.reason.to_string(), german);
    let line = line_number(Some(error.line)).filter(|line| *line > 0);
    LogEntry { line, file, ..entry(LogLevel::Error, error.code(), texts) }
}

fn unknown_profile(header: Option<&Header>, nearest: Option<&(String, Vec<String>)>) -> String {
    let header = match header {
        Some(Header { known, others }) if known.is_empty() => {
            format!("kein Profil passt zur Kopfzeile; sie hat {others} Spalten, von denen kein Profil eine kennt")
        }
        Some(Header { known, others }) => {
            let known = known.join("; ");
            format!("kein Profil passt zur Kopfzeile; sie hat '{known}', und Spalten, die kein Profil kennt: {others}")
        }
        None => "die Datei hat keine Kopfzeile, zu der ein Profil passt".to_owned(),
    };
    let nearest = nearest.map_or_else(String::new, |(name, missing)| {
        format!("; am nächsten kommt '{name}', doch es fehlt '{}'", missing.join("', '"))
    });
    format!("{header}{nearest}; legen Sie ein Profil dafür an, oder verlangen Sie von der Bank camt.053")
}

/// A statement, or a line of it, is of another account. The numbers stay out: they are IBANs.
pub fn other_account(line: u64, format: Option<Format>) -> LogEntry {
    let en = "this is a statement of another account, its lines are left out; choose the account it belongs to, or correct the account's IBAN";
    let de = "das ist ein Auszug eines anderen Kontos, seine Zeilen bleiben weg; wählen Sie das zugehörige Konto oder berichtigen Sie dessen IBAN";
    let field = format.map(|format| format.account_field().to_owned());
    LogEntry { line: line_number(Some(line)), field, ..entry(LogLevel::Error, "other_account", (en, de)) }
}

pub fn nothing_to_import() -> LogEntry {
    let en = "the file holds no booking that can be imported; nothing was stored";
    let de = "die Datei enthält keine Buchung, die importiert werden kann; es wurde nichts gespeichert";
    entry(LogLevel::Error, "no_entry", (en, de))
}

pub fn strict_refused(errors: i64) -> LogEntry {
    let en = format!("strict import: the file has {errors} wrong entries, so nothing was stored");
    let de = format!("strenger Import: die Datei hat {errors} fehlerhafte Einträge, daher wurde nichts gespeichert");
    entry(LogLevel::Error, "strict_import_refused", (en, de))
}

/// What makes a statement contradict itself: a line may be missing, or belong elsewhere.
pub fn is_contradiction(issue: &ImportIssue) -> bool {
    matches!(issue.code, "balance_mismatch" | "date_outside_statement" | "sum_mismatch")
}

pub fn statement_inconsistent() -> LogEntry {
    let en = "strict import: the statement contradicts itself, so nothing was stored; import it without 'strict' if the bank stands by it";
    let de = "strenger Import: der Auszug widerspricht sich, daher wurde nichts gespeichert; importieren Sie ihn ohne 'strict', wenn die Bank dabei bleibt";
    entry(LogLevel::Error, "statement_inconsistent", (en, de))
}

pub fn and_more(count: i64) -> LogEntry {
    let en = format!("and {count} more, not listed one by one");
    let de = format!("und {count} weitere, nicht einzeln aufgeführt");
    entry(LogLevel::Warning, "and_more", (en, de))
}

fn german(code: &str) -> &'static str {
    match code {
        "not_xml" => "die Datei ist kein wohlgeformtes XML; rufen Sie sie erneut bei der Bank ab",
        "truncated" => "die Datei endet mittendrin; rufen Sie sie erneut bei der Bank ab",
        "xml_dtd_refused" => {
            "die Datei deklariert einen Dokumenttyp; Kontoauszüge haben keinen, sie wird nicht gelesen"
        }
        "xml_entity_refused" => "die Datei benutzt eine eigene Entität; nur die fünf Entitäten von XML werden gelesen",
        "invalid_encoding" => "die Zeichen der Datei sind nicht lesbar; speichern Sie sie als UTF-8",
        "wrong_document" => "das ist kein Kontoauszug (camt.052 bis camt.054); verlangen Sie von der Bank camt.053",
        "nesting_too_deep" => "die Elemente sind zu tief verschachtelt; Kontoauszüge sind das nicht",
        "element_too_long" => "ein Element ist zu lang; Kontoauszüge haben kein solches Element",
        "line_too_long" => "eine Zeile ist zu lang; Kontoauszüge haben keine solche Zeile",
        "unknown_format" => "das ist kein Kontoauszug in einem bekannten Format; rufen Sie ihn erneut bei der Bank ab",
        "no_statement" => "die Datei enthält keinen Auszug; die Bank hatte wohl nichts zu melden",
        "read_failed" => "die gespeicherte Datei konnte nicht gelesen werden",
        "invalid_amount" => "der Betrag ist nicht lesbar; erfassen Sie ihn von Hand nach dem Auszug der Bank",
        "unknown_currency" => "die Währung ist kein ISO-4217-Code; verlangen Sie von der Bank eine richtige Datei",
        "too_many_decimals" => "der Betrag hat mehr Nachkommastellen als die Währung; erfassen Sie ihn von Hand",
        "missing_direction" => "der Eintrag sagt nicht, ob er Gutschrift oder Belastung ist; erfassen Sie ihn von Hand",
        "missing_date" => "es gibt kein Buchungsdatum; das der Wertstellung oder des Auszugs gilt, falls vorhanden",
        "invalid_date" => "ein Datum ist nicht lesbar; das der Wertstellung oder des Auszugs gilt, falls vorhanden",
        "zero_amount" => "der Betrag ist null; er bewegt nichts und ergibt keine Kontobewegung",
        "information_only" => "der Eintrag dient der Information und bewegt kein Geld; er ergibt keine Kontobewegung",
        "unknown_status" => "der Status ist unbekannt; die Bewegung gilt als vorgemerkt, bis sie gebucht ist",
        "batch_not_split" => {
            "die Einzelposten ergeben nicht den Sammelbetrag; es ist eine Bewegung, teilen Sie sie von Hand auf"
        }
        "batch_too_large" => {
            "der Sammler hat zu viele Einzelposten; es ist eine Bewegung, weisen Sie sie nach der Liste der Bank zu"
        }
        "unclear_direction" => {
            "R hinter C oder D gehört nicht zur Währung und gilt nicht als Storno; vergleichen Sie das Vorzeichen mit der Bank"
        }
        "charges_not_split" => {
            "genannte Entgelte und Ursprungsbetrag ergeben nicht den Buchungsbetrag; es ist eine Bewegung, vergleichen Sie sie mit der Liste der Bank"
        }
        "text_too_long" => "ein Text ist zu lang und endet früher; den Rest finden Sie in der Liste der Bank",
        "text_outside" => {
            "dieser Text gehört zu keinem Feld und wird nicht gelesen; vergleichen Sie mit der Liste der Bank"
        }
        "unknown_field" => "dieses Feld ist in Kontoauszügen nicht bekannt und wird nicht gelesen",
        "page_missing" => "eine Seite des Auszugs fehlt in der Datei; importieren Sie auch sie",
        "sum_mismatch" => {
            "die Einträge ergeben nicht die Summe, die die Bank nennt; vergleichen Sie mit der Liste der Bank"
        }
        "invalid_balance" => "ein Saldo ist nicht lesbar und wird nicht benutzt",
        "balance_mismatch" => {
            "Anfangssaldo und Buchungen ergeben nicht den Endsaldo; vergleichen Sie mit der Liste der Bank"
        }
        "date_outside_statement" => {
            "ein Buchungstag liegt außerhalb der Tage des Auszugs; vergleichen Sie mit der Liste der Bank"
        }
        "balance_not_checked" => {
            "die Salden sind nicht prüfbar: mehrere Währungen, oder ein Zwischenbericht ohne Früheres"
        }
        "unknown_version" => {
            "diese Fassung der camt-Nachricht ist nicht bekannt (01 bis 13 sind es); vergleichen Sie mit der Liste der Bank"
        }
        code => german_of_rows(code),
    }
}

/// What only files of rows and columns, and archives, can have.
fn german_of_rows(code: &str) -> &'static str {
    match code {
        "not_a_statement" => {
            "diese Datei des Archivs ist kein Kontoauszug in einem bekannten Format und bleibt weg; vergleichen Sie mit dem, was die Bank geschickt hat"
        }
        "too_many_statements" => "es sind mehr als 200.000 Auszüge; importieren Sie sie in mehreren Dateien",
        "too_many_columns" => "eine Zeile hat zu viele Spalten; Kontoauszüge haben weniger",
        "csv_dates_ambiguous" => {
            "kein Datum der Datei verrät, ob Tag oder Monat vorn steht; legen Sie ein Profil an, das es sagt"
        }
        "csv_numbers_ambiguous" => {
            "kein Betrag der Datei verrät sicher, ob Komma oder Punkt vor den Cents steht; legen Sie ein Profil an, das es sagt"
        }
        "wrong_columns" => {
            "die Zeile hat mehr oder weniger Zellen als die Kopfzeile; berichtigen Sie sie oder erfassen Sie sie von Hand"
        }
        "broken_quotes" => {
            "ein Anführungszeichen ist nicht geschlossen; die Zeile wird gelesen, als wäre es ein Buchstabe"
        }
        "unread_row" => "die Zeile ist keine Buchung und nichts Bekanntes um Buchungen; sie ergibt keine Kontobewegung",
        "account_hold" => {
            "Geld wird einbehalten oder wieder freigegeben; es bleibt auf dem Konto und ergibt keine Kontobewegung"
        }
        "hold_open" => "am Ende der Datei ist noch Geld einbehalten; es steht im Saldo und ergibt keine Kontobewegung",
        _ => "die Datei ist an dieser Stelle nicht wie erwartet",
    }
}
