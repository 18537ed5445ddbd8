//! The words for kinds, reasons and locks, English and German: what `{kind}`, `{reason}` and
//! `{auto_import_locked_reason}` in the catalogue become.
//!
//! `{name}` in a reason is replaced by the error's value of that name, as in the catalogue.

use crate::domain::account::LockReason;
use crate::error::{Kind, Reason};

/// English, German.
pub type Words = (&'static str, &'static str);

pub const fn kind(kind: Kind) -> Words {
    match kind {
        Kind::AccountMovement => ("account movement", "Kontobewegung"),
        Kind::Address => ("address", "Adresse"),
        Kind::Assignment => ("assignment", "Zuweisung"),
        Kind::AssignmentRun => ("assignment run", "Zuweisungslauf"),
        Kind::Cancellation => ("cancellation", "Stornierung"),
        Kind::CancellationReason => ("cancellation reason", "Stornogrund"),
        Kind::CorrectionLine => ("correction line", "Korrekturposition"),
        Kind::Customer => ("customer", "Kunde"),
        Kind::Invoice => ("invoice", "Rechnung"),
        Kind::InvoiceCorrection => ("invoice correction", "Rechnungskorrektur"),
        Kind::Job => ("job", "Hintergrundauftrag"),
        Kind::JournalEntry => ("journal entry", "Buchungssatz"),
        Kind::Order => ("order", "Auftrag"),
        Kind::Payment => ("payment", "Zahlung"),
        Kind::PaymentAccount => ("payment account", "Zahlungskonto"),
        Kind::Problem => ("problem", "Fehlercode"),
        Kind::ReconciliationRun => ("reconciliation run", "Kontoabgleich"),
        Kind::Refund => ("refund", "Erstattung"),
        Kind::RefundAttempt => ("attempt to send a refund", "Sendeversuch einer Erstattung"),
        Kind::SandboxPayment => ("sandbox payment", "Sandbox-Zahlung"),
        Kind::StatementProfile => ("statement profile", "Auszugsprofil"),
    }
}

/// What has to be done before a locked account can be unlocked.
pub const fn lock(lock: LockReason) -> Words {
    match lock {
        LockReason::ConfirmationRequired => (
            "The provider wants a confirmation by a person: give it there.",
            "Der Anbieter verlangt die Bestätigung eines Menschen: Geben Sie sie dort.",
        ),
        LockReason::CredentialsInvalid => (
            "The provider does not accept the credentials: renew them.",
            "Der Anbieter nimmt die Zugangsdaten nicht an: Erneuern Sie sie.",
        ),
    }
}

#[expect(clippy::too_many_lines, reason = "a table")]
pub const fn reason(reason: Reason) -> Words {
    match reason {
        Reason::NeedsText => ("A text is needed here.", "Hier wird ein Text gebraucht."),
        Reason::NeedsWholeNumber => ("A whole number is needed here.", "Hier wird eine ganze Zahl gebraucht."),
        Reason::NeedsTrueOrFalse => ("This is 'true' or 'false'.", "Erlaubt sind 'true' und 'false'."),
        Reason::NeedsList => ("A list is needed here.", "Hier wird eine Liste gebraucht."),
        Reason::NeedsObject => ("An object is needed here.", "Hier wird ein Objekt gebraucht."),
        Reason::NotInList => {
            ("This value does not exist. Known: {known}.", "Diesen Wert gibt es nicht. Bekannt: {known}.")
        }
        Reason::GivenTwice => ("This is given more than once.", "Das ist mehrfach angegeben."),
        Reason::NulCharacter => ("The character U+0000 is not allowed.", "Das Zeichen U+0000 ist nicht erlaubt."),
        Reason::ControlCharacter => (
            "Control characters are not allowed, but for tab and line break.",
            "Steuerzeichen sind nicht erlaubt, außer Tabulator und Zeilenumbruch.",
        ),
        Reason::Unreadable => ("This value cannot be read.", "Dieser Wert ist nicht lesbar."),
        Reason::SeveralValues => (
            "{count} values are wrong; 'errors' names each of them.",
            "{count} Werte sind falsch; 'errors' nennt jeden.",
        ),
        Reason::TextLength => (
            "1 to {max} characters are needed, {given} were given.",
            "Gebraucht werden 1 bis {max} Zeichen, angegeben sind {given}.",
        ),
        Reason::NumberRange => {
            ("A whole number from {min} to {max} is needed.", "Eine ganze Zahl von {min} bis {max} wird gebraucht.")
        }
        Reason::TooMany => ("{min} to {max} entries are allowed here.", "Hier sind {min} bis {max} Einträge erlaubt."),
        Reason::NotADate => (
            "A date is a day that exists, written YYYY-MM-DD, in the years 1900 to 2200.",
            "Ein Datum ist ein Tag, den es gibt, in der Form JJJJ-MM-TT und in den Jahren 1900 bis 2200.",
        ),
        Reason::NotAMonth => (
            "A month is written YYYY-MM, in the years 1900 to 2200.",
            "Ein Monat hat die Form JJJJ-MM und liegt in den Jahren 1900 bis 2200.",
        ),
        Reason::NotAYear => ("A year is a number from 1900 to 2200.", "Ein Jahr ist eine Zahl von 1900 bis 2200."),
        Reason::OnePeriodOnly => (
            "Give one of 'year', 'month', 'day', or 'date_from' with 'date_to'.",
            "Geben Sie eines an: 'year', 'month', 'day' oder 'date_from' mit 'date_to'.",
        ),
        Reason::NegativeBound => {
            ("A bound whatever the sign is not negative.", "Eine Grenze ungeachtet des Vorzeichens ist nicht negativ.")
        }
        Reason::RangeReversed => ("'{from}' is above '{to}'.", "'{from}' liegt über '{to}'."),
        Reason::OtherPrefix => (
            "An id that begins with one of {known} is needed.",
            "Hier wird eine Kennung gebraucht, die mit einem von {known} beginnt.",
        ),
        Reason::NotAnAmount => {
            ("An amount is a plain decimal text such as 12.30.", "Ein Betrag ist ein schlichter Dezimaltext wie 12.30.")
        }
        Reason::AmountTooLarge => ("The amount is too large.", "Der Betrag ist zu groß."),
        Reason::NotAQuantity => (
            "A quantity is a plain decimal above zero such as 2.5.",
            "Eine Menge ist eine schlichte Dezimalzahl über null wie 2.5.",
        ),
        Reason::NotATaxRate => (
            "A tax rate is a plain decimal from 0 to 100 such as 19.",
            "Ein Steuersatz ist eine schlichte Dezimalzahl von 0 bis 100 wie 19.",
        ),
        Reason::NegativePrice => ("A unit price is not negative.", "Ein Einzelpreis ist nicht negativ."),
        Reason::LineNamedTwice => ("Each line may be named once.", "Jede Position darf einmal genannt werden."),
        Reason::NameNotClearable => (
            "An account keeps a name; it cannot be cleared.",
            "Ein Konto behält einen Namen; er lässt sich nicht leeren.",
        ),
        Reason::ProviderCannotSend => (
            "This version cannot send money through '{provider}'.",
            "Diese Version kann kein Geld über '{provider}' senden.",
        ),
        Reason::PasswordLength => {
            ("A password has {min} to {max} characters.", "Ein Passwort hat {min} bis {max} Zeichen.")
        }
        Reason::PasswordUnchanged => ("The new password is the old one.", "Das neue Passwort ist das alte."),
        Reason::NotAFourEyesPolicy => (
            "Allowed are 'always', 'off', or 'above:' and an amount such as above:1000.00.",
            "Erlaubt sind 'always', 'off' oder 'above:' mit einem Betrag wie above:1000.00.",
        ),
        Reason::OriginUnlisted => (
            "The origin '{origin}' is not in the setting cors_origins of this server.",
            "Der Ursprung '{origin}' steht nicht in der Einstellung cors_origins dieses Servers.",
        ),
        Reason::MethodUnlisted => (
            "No operation has the method that the preflight asks about.",
            "Die Methode, nach der die Vorabfrage fragt, hat keine Operation.",
        ),
        Reason::HeaderUnlisted => (
            "The preflight asks about a header that is not part of this API.",
            "Die Vorabfrage fragt nach einer Kopfzeile, die nicht zu dieser API gehört.",
        ),
        Reason::NoJson => (
            "The body is no valid JSON: see line {line}, column {column}.",
            "Der Inhalt ist kein gültiges JSON: siehe Zeile {line}, Spalte {column}.",
        ),
        Reason::BrokenForm => (
            "The form (multipart/form-data) is incomplete or broken.",
            "Das Formular (multipart/form-data) ist unvollständig oder fehlerhaft.",
        ),
        Reason::BrokenStream => ("The body broke off while it was being sent.", "Der Inhalt brach beim Senden ab."),
        Reason::FileEmpty => ("The file is empty.", "Die Datei ist leer."),
        Reason::FileFormatUnknown => (
            "This is no statement in a format that is read: {known}. Unpack archives that are not ZIP, and ask the bank for such a file.",
            "Das ist kein Kontoauszug in einem Format, das gelesen wird: {known}. Entpacken Sie Archive, die nicht ZIP sind, und verlangen Sie von der Bank eine solche Datei.",
        ),
        Reason::FilePacked => (
            "The file is packed (gzip, 7z, RAR or the like), and only ZIP archives are opened. Unpack it and send the statement, or pack it as ZIP.",
            "Die Datei ist gepackt (gzip, 7z, RAR oder dergleichen), und nur ZIP-Archive werden geöffnet. Entpacken Sie sie und senden Sie den Auszug, oder packen Sie ihn als ZIP.",
        ),
        Reason::ProfileColumnMissing => {
            ("A profile needs a column for '{field}'.", "Ein Profil braucht eine Spalte für '{field}'.")
        }
        Reason::ProfileColumnName => (
            "This names no column: write its name, 'name#2' for the second of that name, or '#7' for the seventh.",
            "Das benennt keine Spalte: Name, 'Name#2' für die zweite dieses Namens oder '#7' für die siebte.",
        ),
        Reason::ProfileMarksMissing => (
            "The rule 'marked' needs words for debit and for credit.",
            "Die Regel 'marked' braucht Wörter für Belastung und für Gutschrift.",
        ),
        Reason::ProfileSignUnused => (
            "A column for '{field}' says whether money came or went; set 'sign.rule' to '{rule}', or leave the column out.",
            "Eine Spalte für '{field}' sagt, ob Geld kam oder ging; setzen Sie 'sign.rule' auf '{rule}', oder lassen Sie die Spalte weg.",
        ),
        Reason::ProfileFirstRowMissing => (
            "Columns without names need the line of the first booking (1 to 1000).",
            "Spalten ohne Namen brauchen die Zeile der ersten Buchung (1 bis 1000).",
        ),
        Reason::ProfileSameHeader => (
            "The profile '{profile}' recognises exactly the same files, so nothing would tell which is meant. Change or delete that one, or tie one of the two to an account.",
            "Das Profil '{profile}' erkennt genau dieselben Dateien, so dass nichts sagt, welches gemeint ist. Ändern oder löschen Sie jenes, oder binden Sie eines der beiden an ein Konto.",
        ),
        Reason::ProfileSample => (
            "Give the sample either as text or in base64.",
            "Geben Sie das Muster entweder als Text oder in Base64 an.",
        ),
        Reason::OneFileOnly => ("One file at a time.", "Nur eine Datei auf einmal."),
    }
}
