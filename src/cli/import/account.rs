//! Which account a file is for: the one that is named, or the one that the file names.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek};
use std::ops::ControlFlow;

use heller::app::Lang;
use heller::db::Db;
use heller::entities::payment_account;
use heller::importers::csv::Reader;
use heller::importers::{Kind, StatementEvent, archive};
use heller::services::reconciliation::upload;
use heller::services::{accounts, statement_profiles};

use super::super::failure::Failure;
use super::{ImportArgs, words};

pub async fn chosen(db: &Db, arguments: &ImportArgs, lang: Lang) -> Result<payment_account::Model, Failure> {
    if let Some(given) = &arguments.account {
        let found = accounts::find_for_files(db.reader(), given).await?;
        return only(found, lang)?.ok_or_else(|| words::unknown_account(given, lang));
    }
    let file = File::open(&arguments.file).map_err(|error| words::unreadable(&arguments.file, &error, lang))?;
    let mut file = BufReader::with_capacity(upload::HEAD, file);
    let head = file.fill_buf().map_err(|error| words::unreadable(&arguments.file, &error, lang))?;
    let kind = upload::recognise(head).map_err(|error| words::refused(error, lang))?;
    let reader = statement_profiles::reader(db.reader(), None).await?;
    let iban = named_by(kind, file, &reader);
    let found = match &iban {
        Some(iban) => accounts::find_for_files(db.reader(), iban).await?,
        None => Vec::new(),
    };
    only(found, lang)?.ok_or_else(|| words::no_account(iban.as_deref(), lang))
}

/// The one account that was found. Which of several is meant is not guessed: the money would stand in the wrong one.
fn only(mut found: Vec<payment_account::Model>, lang: Lang) -> Result<Option<payment_account::Model>, Failure> {
    if found.len() > 1 {
        let ids: Vec<String> = found.iter().map(|account| account.id.to_string()).collect();
        return Err(words::several_accounts(&ids.join(", "), lang));
    }
    Ok(found.pop())
}

/// The IBAN of the first statement.
fn named_by(kind: Kind, file: impl BufRead + Seek, reader: &Reader) -> Option<String> {
    let mut iban = None;
    let mut first = |event: StatementEvent| match event {
        StatementEvent::Statement(header) => {
            iban = header.account_iban;
            ControlFlow::Break(())
        }
        _ => ControlFlow::Continue(()),
    };
    // What is wrong further on is for the import to tell, line by line.
    let _read = match kind {
        Kind::Plain(format) => format.read(file, reader, &mut first),
        Kind::Archive => archive::read(file, reader, &mut first),
    };
    iban
}
