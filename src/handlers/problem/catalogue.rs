//! Every code's status and texts, German and English: the only table of statuses, and what `/problems/{code}` shows.
//!
//! `{name}` in a text is replaced by the error's value of that name. Texts say what was refused and what would help.

use super::catalogue_states::state;
use crate::error::Code;

/// Status, then title and detail in English and German.
pub struct Entry {
    pub status: u16,
    pub en: (&'static str, &'static str),
    pub de: (&'static str, &'static str),
}

impl Entry {
    /// Title and detail, English and German.
    pub const fn texts(&self) -> ((&'static str, &'static str), (&'static str, &'static str)) {
        (self.en, self.de)
    }
}

const fn entry(status: u16, en: (&'static str, &'static str), de: (&'static str, &'static str)) -> Entry {
    Entry { status, en, de }
}

/// The one row of a code. Each of the three tables holds the codes of one kind; that every code stands in exactly one of
/// them is proven below, when this is compiled.
pub const fn entry_of(code: Code) -> Entry {
    match (request(code), value(code), state(code)) {
        (Some(entry), None, None) | (None, Some(entry), None) | (None, None, Some(entry)) => entry,
        _ => panic!("a code stands in none of the tables, or in two"),
    }
}

const _: () = {
    let mut rest = Code::ALL;
    while let [code, others @ ..] = rest {
        let _row = entry_of(*code);
        rest = others;
    }
};

/// Codes about the request itself.
#[expect(clippy::too_many_lines, reason = "a table")]
const fn request(code: Code) -> Option<Entry> {
    Some(match code {
        Code::MalformedBody => {
            entry(400, ("The body cannot be read", "{reason}"), ("Der Inhalt ist nicht lesbar", "{reason}"))
        }
        Code::UnknownParameter => entry(
            400,
            ("Unknown parameter", "There is no parameter '{parameter}' here. Known: {known}."),
            ("Unbekannter Parameter", "Den Parameter '{parameter}' gibt es hier nicht. Bekannt: {known}."),
        ),
        Code::InvalidCursor => entry(
            400,
            ("Invalid cursor", "The cursor cannot be read. Take it unchanged from 'next_cursor'."),
            ("Ungültiger Cursor", "Der Cursor ist nicht lesbar. Übernehmen Sie ihn unverändert aus 'next_cursor'."),
        ),
        Code::CursorMismatch => entry(
            400,
            (
                "The cursor belongs to another list",
                "Filter or sorting changed since the cursor was made. Start again without a cursor.",
            ),
            (
                "Der Cursor gehört zu einer anderen Liste",
                "Filter oder Sortierung haben sich geändert. Beginnen Sie ohne Cursor.",
            ),
        ),
        Code::IdempotencyKeyMissing => entry(
            400,
            ("Idempotency-Key is missing", "This request books or moves money and needs the header Idempotency-Key."),
            (
                "Idempotency-Key fehlt",
                "Diese Anfrage bucht oder bewegt Geld und braucht die Kopfzeile Idempotency-Key.",
            ),
        ),
        Code::IdempotencyKeyInvalid => entry(
            400,
            ("Idempotency-Key is invalid", "An Idempotency-Key has 1 to 255 visible ASCII characters."),
            ("Idempotency-Key ist ungültig", "Ein Idempotency-Key hat 1 bis 255 sichtbare ASCII-Zeichen."),
        ),
        Code::Unauthenticated => entry(
            401,
            ("Please log in", "The request carries no valid access token."),
            ("Bitte melden Sie sich an", "Die Anfrage enthält kein gültiges Zugriffstoken."),
        ),
        Code::InvalidCredentials => entry(
            401,
            ("Login failed", "E-mail address or password is wrong."),
            ("Anmeldung fehlgeschlagen", "E-Mail-Adresse oder Passwort ist falsch."),
        ),
        Code::TokenExpired => entry(
            401,
            ("The access token has expired", "Get a new one with the refresh token."),
            ("Das Zugriffstoken ist abgelaufen", "Holen Sie mit dem Refresh-Token ein neues."),
        ),
        Code::RefreshTokenInvalid => entry(
            401,
            ("The refresh token is not valid", "Please log in again."),
            ("Das Refresh-Token ist ungültig", "Bitte melden Sie sich neu an."),
        ),
        Code::RefreshTokenReused => entry(
            401,
            (
                "The refresh token was used before",
                "A refresh token is good once. The session was closed for safety; please log in again.",
            ),
            (
                "Das Refresh-Token wurde schon benutzt",
                "Ein Refresh-Token gilt einmal. Die Sitzung wurde zur Sicherheit beendet; bitte melden Sie sich neu an.",
            ),
        ),
        Code::MissingPermission => entry(
            403,
            ("Permission is missing", "This needs the permission '{permission}'. Ask an administrator for it."),
            (
                "Berechtigung fehlt",
                "Dafür wird die Berechtigung '{permission}' gebraucht. Fragen Sie Ihre Administration.",
            ),
        ),
        Code::EditionExcludesPaymentModule => entry(
            403,
            ("The edition has no payment module", "The licensed edition does not contain the payment module."),
            ("Die Edition enthält kein Zahlungsmodul", "Die lizenzierte Edition enthält das Zahlungsmodul nicht."),
        ),
        Code::PaymentModuleNotLicensed => entry(
            403,
            ("The payment module is not activated", "Install a licence that is activated for this installation."),
            ("Das Zahlungsmodul ist nicht aktiviert", "Spielen Sie eine für diese Installation aktivierte Lizenz ein."),
        ),
        Code::LicenceExpired => entry(
            403,
            ("The licence has expired", "Reading stays possible; new work needs a valid licence."),
            ("Die Lizenz ist abgelaufen", "Lesen bleibt möglich; neue Vorgänge brauchen eine gültige Lizenz."),
        ),
        Code::CrossOriginRefused => entry(
            403,
            ("A web page of another origin may not do this", "{reason}"),
            ("Eine Webseite anderen Ursprungs darf das nicht", "{reason}"),
        ),
        Code::SelfApproval => entry(
            403,
            ("A second person is needed", "Nobody approves or rejects what they requested or changed themselves."),
            (
                "Eine zweite Person ist nötig",
                "Niemand genehmigt oder verwirft, was er selbst beantragt oder geändert hat.",
            ),
        ),
        Code::NotFound => entry(
            404,
            ("Not found", "There is no such {kind}."),
            ("Nicht gefunden", "Es gibt diesen Eintrag nicht ({kind})."),
        ),
        Code::WrongIdType => entry(
            404,
            ("This id belongs to something else", "An id that begins with '{prefix}_' is needed here."),
            ("Diese Kennung gehört zu etwas anderem", "Hier wird eine Kennung gebraucht, die mit '{prefix}_' beginnt."),
        ),
        Code::MethodNotAllowed => entry(
            405,
            ("Method not allowed", "This address knows {allow} only."),
            ("Methode nicht erlaubt", "Diese Adresse kennt nur {allow}."),
        ),
        Code::NotAcceptable => entry(
            406,
            ("The answer has another format", "The header Accept refuses what there is: {offered}."),
            ("Die Antwort hat ein anderes Format", "Die Kopfzeile Accept lehnt ab, was es gibt: {offered}."),
        ),
        Code::TooLarge => entry(
            413,
            ("Too large", "At most {limit} bytes are accepted here."),
            ("Zu groß", "Hier werden höchstens {limit} Byte angenommen."),
        ),
        Code::UnsupportedMediaType => entry(
            415,
            ("Unsupported content type", "Send '{expected}' here."),
            ("Nicht unterstützter Inhaltstyp", "Senden Sie hier '{expected}'."),
        ),
        Code::PreconditionRequired => entry(
            428,
            ("If-Match is missing", "Send the ETag you have seen in the header If-Match."),
            ("If-Match fehlt", "Senden Sie das gesehene ETag in der Kopfzeile If-Match."),
        ),
        Code::VersionMismatch => entry(
            412,
            (
                "Somebody changed it meanwhile",
                "The current version is {current_version}. Read it again and decide anew.",
            ),
            (
                "Jemand hat es inzwischen geändert",
                "Die aktuelle Version ist {current_version}. Lesen Sie neu und entscheiden Sie dann.",
            ),
        ),
        Code::RateLimited => entry(
            429,
            ("Too often, or too many at once", "Please wait; the header Retry-After says how many seconds."),
            ("Zu oft oder zu viel auf einmal", "Bitte warten Sie; die Kopfzeile Retry-After nennt die Sekunden."),
        ),
        Code::Unavailable => entry(
            503,
            ("Not available right now", "Please try again in a moment; nothing was changed."),
            ("Gerade nicht verfügbar", "Bitte versuchen Sie es gleich noch einmal; es wurde nichts geändert."),
        ),
        Code::Internal => entry(
            500,
            ("Something went wrong", "It was our fault and has been logged under the request id; nothing was changed."),
            (
                "Etwas ist schiefgegangen",
                "Der Fehler liegt bei uns und ist unter der Request-Id protokolliert; es wurde nichts geändert.",
            ),
        ),
        _ => return None,
    })
}

/// Codes about a value.
#[expect(clippy::too_many_lines, reason = "a table")]
const fn value(code: Code) -> Option<Entry> {
    Some(match code {
        Code::UnknownField => entry(
            422,
            ("Unknown field", "There is no field '{field}' here. Known: {known}."),
            ("Unbekanntes Feld", "Das Feld '{field}' gibt es hier nicht. Bekannt: {known}."),
        ),
        Code::MissingField => entry(
            422,
            ("A field is missing", "The field '{field}' is needed."),
            ("Ein Feld fehlt", "Das Feld '{field}' wird gebraucht."),
        ),
        Code::TooManyDecimals => entry(
            422,
            ("Too many decimals", "{currency} has {digits} decimals; amounts are never rounded."),
            ("Zu viele Nachkommastellen", "{currency} hat {digits} Nachkommastellen; Beträge werden nie gerundet."),
        ),
        Code::UnknownCurrency => entry(
            422,
            ("Unknown currency", "'{currency}' is no ISO 4217 currency code."),
            ("Unbekannte Währung", "'{currency}' ist kein Währungscode nach ISO 4217."),
        ),
        Code::CurrencyMismatch => entry(
            422,
            ("Currencies differ", "{expected} is needed, {given} was given."),
            ("Währungen passen nicht zusammen", "{expected} wird gebraucht, {given} wurde angegeben."),
        ),
        Code::AmountNotPositive => entry(
            422,
            ("The amount is not positive", "Give an amount above zero."),
            ("Der Betrag ist nicht positiv", "Geben Sie einen Betrag über null an."),
        ),
        Code::ReferenceNotFound => entry(
            422,
            ("The named thing does not exist", "There is no {kind} with this id."),
            ("Das Genannte gibt es nicht", "Zu dieser Kennung gibt es nichts ({kind})."),
        ),
        Code::IdempotencyKeyReused => entry(
            422,
            ("Idempotency-Key was used for another request", "Use a new key for a new request."),
            (
                "Idempotency-Key wurde für eine andere Anfrage benutzt",
                "Verwenden Sie für eine neue Anfrage einen neuen Schlüssel.",
            ),
        ),
        Code::IbanInvalid => entry(
            422,
            ("The IBAN is wrong", "Check length, country and check digits."),
            ("Die IBAN ist falsch", "Prüfen Sie Länge, Land und Prüfziffern."),
        ),
        Code::LicenceInvalid => entry(
            422,
            ("The licence is not valid", "The token was not signed by the vendor whose public key is configured."),
            (
                "Die Lizenz ist ungültig",
                "Das Token wurde nicht vom Hersteller signiert, dessen Schlüssel eingestellt ist.",
            ),
        ),
        Code::FileFormatInvalid => entry(
            422,
            ("The file cannot be imported", "{reason}"),
            ("Die Datei kann nicht importiert werden", "{reason}"),
        ),
        Code::UnsafeFile => entry(
            422,
            (
                "The file is not safe to read",
                "It declares a document type (DOCTYPE), which can name other files or grow without end. Statements of banks have none: fetch the file from the bank again.",
            ),
            (
                "Die Datei ist nicht sicher lesbar",
                "Sie deklariert einen Dokumenttyp (DOCTYPE), der andere Dateien nennen oder endlos wachsen kann. Kontoauszüge haben keinen: Rufen Sie die Datei erneut bei der Bank ab.",
            ),
        ),
        Code::AmountExceedsOpenAmount => entry(
            422,
            ("More than is open", "Only {open_amount} of the movement is not assigned yet."),
            ("Mehr als offen ist", "Von der Kontobewegung sind nur noch {open_amount} nicht zugewiesen."),
        ),
        Code::AmountExceedsRefundableAmount => entry(
            422,
            ("More than can be paid back", "Only {refundable_amount} can be paid back."),
            ("Mehr als erstattet werden kann", "Es können nur {refundable_amount} erstattet werden."),
        ),
        Code::AmountExceedsRemaining => entry(
            422,
            ("More than is left", "Only {remaining} is left to correct."),
            ("Mehr als übrig ist", "Es sind nur noch {remaining} zu korrigieren."),
        ),
        Code::QuantityExceedsRemaining => entry(
            422,
            ("More than is left of the line", "Only {remaining} of this line is left to correct."),
            ("Mehr als von der Position übrig ist", "Von dieser Position sind nur noch {remaining} zu korrigieren."),
        ),
        Code::LinesEmpty => entry(
            422,
            ("There is no line", "At least one line is needed."),
            ("Es gibt keine Position", "Mindestens eine Position wird gebraucht."),
        ),
        Code::LineNotOnInvoice => entry(
            422,
            ("The line is not on the invoice", "A correction may only hold lines of its invoice."),
            (
                "Die Position steht nicht auf der Rechnung",
                "Eine Korrektur darf nur Positionen ihrer Rechnung enthalten.",
            ),
        ),
        Code::CancellationCommentRequired => entry(
            422,
            ("A comment is needed", "The reason '{reason}' needs a comment."),
            ("Ein Kommentar wird gebraucht", "Der Grund '{reason}' braucht einen Kommentar."),
        ),
        Code::WrongPassword => entry(
            422,
            ("The current password is wrong", "Give the password you log in with now."),
            ("Das aktuelle Passwort ist falsch", "Geben Sie das Passwort an, mit dem Sie sich jetzt anmelden."),
        ),
        Code::CredentialsRequired => entry(
            422,
            ("Credentials are needed", "The provider of this account asks for credentials."),
            ("Zugangsdaten werden gebraucht", "Der Anbieter dieses Kontos verlangt Zugangsdaten."),
        ),
        Code::InvalidValue => entry(422, ("A value is wrong", "{reason}"), ("Ein Wert ist falsch", "{reason}")),
        _ => return None,
    })
}
