//! What the logbook says about statement files, in German and English.
//!
//! The importers write English, and German where they say more than their code does; the German of a code is the table below.

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
        ..entry(
            level,
            issue.code,
            (issue.message.clone(), issue.german.clone().unwrap_or_else(|| german(issue.code).to_owned())),
        )
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
    let texts = (error.reason.to_string(), of_reason(reason));
    let line = line_number(Some(error.line)).filter(|line| *line > 0);
    LogEntry { line, file, ..entry(LogLevel::Error, error.code(), texts) }
}

/// As the English of [`Refusal`].
fn of_reason(reason: &Refusal) -> String {
    let again = "rufen Sie sie erneut bei der Bank ab";
    match reason {
        Refusal::NotXml(why) => format!("die Datei ist kein wohlgeformtes XML ({why}); {again}"),
        Refusal::Truncated => format!("die Datei endet mittendrin; {again}"),
        Refusal::Dtd => {
            "die Datei deklariert einen Dokumenttyp; Kontoauszüge haben keinen, sie wird nicht gelesen".to_owned()
        }
        Refusal::Entity(name) => {
            format!("die Datei benutzt die Entität '{name}'; nur die fünf Entitäten von XML werden gelesen")
        }
        Refusal::Encoding(label) => {
            format!(
                "die Zeichen der Datei sind nicht lesbar ({label}); speichern Sie sie als UTF-8 und deklarieren Sie das"
            )
        }
        Refusal::WrongDocument(name) => format!(
            "das ist '{name}' und kein Kontoauszug (camt.052, camt.053 oder camt.054); verlangen Sie von der Bank camt.053"
        ),
        Refusal::NestingTooDeep(most) => {
            format!("die Elemente sind mehr als {most} tief verschachtelt; Kontoauszüge sind das nicht")
        }
        Refusal::ElementTooLong(most) => {
            format!("ein Element ist länger als {most} Bytes; Kontoauszüge haben kein solches Element")
        }
        Refusal::LineTooLong(most) => {
            format!("eine Zeile ist länger als {most} Bytes; Kontoauszüge haben keine solche Zeile")
        }
        Refusal::UnknownFormat => {
            "das ist kein Kontoauszug in einem bekannten Format; rufen Sie ihn erneut bei der Bank ab".to_owned()
        }
        Refusal::NoStatement => "die Datei enthält keinen Auszug; die Bank hatte wohl nichts zu melden".to_owned(),
        Refusal::Read(cause) => format!("die Datei konnte nicht gelesen werden: {cause}"),
        Refusal::Archive(fault) => archives::german(*fault),
        Refusal::Part { reason, .. } => of_reason(reason),
        rows => of_reason_in_rows(rows),
    }
}

/// What only files of rows and columns can have, and what any file can have too many of.
fn of_reason_in_rows(reason: &Refusal) -> String {
    match reason {
        Refusal::Characters(encoding) => format!(
            "ein Zeichen der Zeile ist nicht {encoding}; speichern Sie die Datei in einer Kodierung, oder nennen Sie ihre Kodierung in einem Profil"
        ),
        Refusal::TooManyColumns(most) => {
            format!("die Zeile hat mehr als {most} Spalten; Kontoauszüge haben weniger")
        }
        Refusal::TooManyStatements(most) => {
            format!("es sind mehr als {most} Auszüge; importieren Sie sie in mehreren Dateien")
        }
        Refusal::UnknownProfile { header, nearest } => unknown_profile(header.as_ref(), nearest.as_ref()),
        Refusal::AmbiguousProfile(names) => format!(
            "mehrere Profile passen gleich gut zu dieser Datei ({names}); löschen oder ändern Sie eines, oder binden Sie das richtige an das Konto"
        ),
        Refusal::AmbiguousDates => {
            "kein Datum der Datei verrät, ob Tag oder Monat vorn steht; legen Sie ein Profil an, das es sagt".to_owned()
        }
        Refusal::AmbiguousNumbers => {
            "kein Betrag der Datei verrät sicher, ob Komma oder Punkt vor den Cents steht; legen Sie ein Profil an, das es sagt".to_owned()
        }
        other => format!("die Datei ist nicht wie erwartet ({})", other.code()),
    }
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
        "nul_bytes" => {
            "die Datei hat NUL-Bytes, hier das erste, und wird ohne sie gelesen; etwas hat sie unterwegs beschädigt, rufen Sie sie daher erneut bei der Bank ab oder vergleichen Sie ihre Texte mit der Liste der Bank"
        }
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
        "no_statement" => "die Datei enthält keinen Auszug; die Bank hatte wohl nichts zu melden",
        "not_a_statement" => {
            "diese Datei des Archivs ist kein Kontoauszug in einem bekannten Format und bleibt weg; vergleichen Sie mit dem, was die Bank geschickt hat"
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::importers::Header;
    use crate::importers::archive::Fault;

    #[test]
    fn reasons_say_the_same_in_both_languages() {
        let text = || "x7y".to_owned();
        let header = Some(Header { known: vec![text()], others: 77 });
        let nearest = Some((text(), vec!["z7z".to_owned()]));
        for (reason, facts) in [
            (Refusal::NotXml(text()), vec!["x7y"]),
            (Refusal::Entity(text()), vec!["x7y"]),
            (Refusal::Encoding(text()), vec!["x7y", "UTF-8"]),
            (Refusal::WrongDocument(text()), vec!["x7y", "camt.052", "camt.053"]),
            (Refusal::NestingTooDeep(77), vec!["77"]),
            (Refusal::ElementTooLong(77), vec!["77"]),
            (Refusal::LineTooLong(77), vec!["77"]),
            (Refusal::Characters("UTF-16"), vec!["UTF-16"]),
            (Refusal::TooManyColumns(77), vec!["77"]),
            (Refusal::TooManyStatements(77), vec!["77"]),
            (Refusal::UnknownProfile { header, nearest }, vec!["x7y", "z7z", "77"]),
            (Refusal::UnknownProfile { header: None, nearest: None }, vec!["camt.053"]),
            (Refusal::AmbiguousProfile(text()), vec!["x7y"]),
            (Refusal::Read(text()), vec!["x7y"]),
            (Refusal::Truncated, vec![]),
            (Refusal::Dtd, vec![]),
            (Refusal::UnknownFormat, vec![]),
            (Refusal::NoStatement, vec![]),
            (Refusal::AmbiguousDates, vec![]),
            (Refusal::AmbiguousNumbers, vec![]),
            (Refusal::Archive(Fault::Nested), vec![]),
        ] {
            let row = of_refusal(&ImportError { reason, line: 1 });
            for fact in facts {
                assert!(row.message_en.contains(fact) && row.message_de.contains(fact), "{fact}: {row:?}");
            }
            assert!(row.message_en != row.message_de && !row.message_de.contains("nicht wie erwartet"), "{row:?}");
        }
    }
}
