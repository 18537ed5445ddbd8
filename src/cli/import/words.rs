//! What `heller import` says, in English and German.

use heller::app::{Lang, explained};
use heller::domain::run::Phase;
use heller::error::{Code, Error};

use super::super::failure::Failure;

/// The language of `--lang`, or of the locale of the terminal.
pub fn lang(given: Option<&str>) -> Lang {
    let locale = || {
        ["LC_ALL", "LC_MESSAGES", "LANG"]
            .iter()
            .find_map(|name| std::env::var(name).ok().filter(|text| !text.is_empty()))
    };
    given.map(str::to_owned).or_else(locale).and_then(|text| Lang::named(&text)).unwrap_or(Lang::En)
}

/// What a service refused, in the words of the API.
pub fn refused(error: Error, lang: Lang) -> Failure {
    match error.code() {
        Code::Unavailable | Code::Internal => error.into(),
        Code::FileFormatInvalid | Code::UnsafeFile | Code::TooLarge => Failure::Refused(explained(&error, lang)),
        _ => Failure::Usage(explained(&error, lang)),
    }
}

pub fn no_person(lang: Lang) -> Failure {
    Failure::Usage(lang.pick((
        "in whose name? --as EMAIL names a user who may import; `heller user list` shows them".to_owned(),
        "in wessen Namen? --as EMAIL nennt jemanden, der importieren darf; `heller user list` zeigt alle".to_owned(),
    )))
}

pub fn unknown_person(email: &str, lang: Lang) -> Failure {
    Failure::Usage(lang.pick((
        format!("no active user has the e-mail address {email}; `heller user list` shows all"),
        format!("niemand Aktives hat die E-Mail-Adresse {email}; `heller user list` zeigt alle"),
    )))
}

pub fn unreadable(path: &std::path::Path, cause: &std::io::Error, lang: Lang) -> Failure {
    let path = path.display();
    Failure::Usage(lang.pick((format!("cannot read {path}: {cause}"), format!("{path} ist nicht lesbar: {cause}"))))
}

/// No `--account`, and the file does not name one that there is.
pub fn no_account(iban: Option<&str>, lang: Lang) -> Failure {
    Failure::Usage(match iban {
        Some(iban) => lang.pick((
            format!("no payment account for files has the IBAN {iban} that the file names; --account chooses one"),
            format!("kein Zahlungskonto für Dateien hat die IBAN {iban} aus der Datei; --account wählt eines"),
        )),
        None => lang.pick((
            "the file names no IBAN; --account ID or --account IBAN chooses the account".to_owned(),
            "die Datei nennt keine IBAN; --account ID oder --account IBAN wählt das Konto".to_owned(),
        )),
    })
}

pub fn unknown_account(given: &str, lang: Lang) -> Failure {
    Failure::Usage(lang.pick((
        format!("there is no payment account for files with the id or IBAN {given}"),
        format!("es gibt kein Zahlungskonto für Dateien mit der Kennung oder IBAN {given}"),
    )))
}

pub fn several_accounts(ids: &str, lang: Lang) -> Failure {
    Failure::Usage(lang.pick((
        format!("several payment accounts have this IBAN: {ids}; --account ID chooses one"),
        format!("mehrere Zahlungskonten haben diese IBAN: {ids}; --account ID wählt eines"),
    )))
}

/// After a while; it is no failure.
pub fn still_assigning(lang: Lang) -> &'static str {
    lang.pick((
        "assignments are still running; they are not counted here",
        "Zuweisungen laufen noch; sie sind hier nicht gezählt",
    ))
}

pub fn nobody_works(lang: Lang) -> Failure {
    Failure::Unavailable(lang.pick((
        "the file is stored, but no worker has begun with it within a minute. It stays in the queue; is the server running with --no-worker?".to_owned(),
        "die Datei ist gespeichert, aber binnen einer Minute hat kein Worker damit begonnen. Sie bleibt in der Warteschlange; läuft der Server mit --no-worker?".to_owned(),
    )))
}

pub fn phase(phase: Phase, lang: Lang) -> &'static str {
    lang.pick(match phase {
        Phase::Queued => ("waiting", "wartet"),
        Phase::Checking => ("checking", "prüft"),
        Phase::Importing | Phase::Fetching => ("importing", "importiert"),
        Phase::Assigning => ("assigning", "weist zu"),
        Phase::Done => ("done", "fertig"),
    })
}
