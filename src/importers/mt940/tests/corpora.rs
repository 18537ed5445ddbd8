//! Other people's files, read where `HELLER_CORPORA` names their folder; else skipped with a line.

use std::fs;
use std::path::{Path, PathBuf};

use super::listen;

fn files() -> Vec<PathBuf> {
    let Ok(root) = std::env::var("HELLER_CORPORA") else {
        eprintln!("skipped: HELLER_CORPORA is not set, no files of wolph-mt940 are read");
        return Vec::new();
    };
    let mut files = Vec::new();
    for bank in fs::read_dir(Path::new(&root).join("wolph-mt940")).unwrap() {
        let bank = bank.unwrap().path();
        if bank.is_dir() {
            files.extend(fs::read_dir(bank).unwrap().map(|file| file.unwrap().path()));
        }
    }
    files.retain(|file| file.extension().is_some_and(|extension| extension == "sta" || extension == "txt"));
    files.sort();
    files
}

/// What a file comes to: refused, or so many lines, whether its balances hold, and the issues, each once.
fn outcome(file: &Path) -> String {
    let (mut heard, outcome) = listen(fs::read(file).unwrap().as_slice());
    heard.issues.dedup_by_key(|issue| issue.code);
    match outcome {
        Err(error) => error.code().to_owned(),
        Ok(_) => format!("{} {:?} {}", heard.lines.len(), heard.adds_up(), heard.codes().join(" ")),
    }
}

#[test]
fn wolph_files_are_read_or_refused_for_a_reason() {
    for file in files() {
        let found = outcome(&file);
        let known = EXPECTED.iter().find(|(name, _)| file.ends_with(name));
        assert_eq!(Some(found.trim()), known.map(|(_, expected)| *expected), "{}", file.display());
    }
}

/// Where the balances do not hold, somebody took lines out of the file or changed an amount before publishing it; entries
/// without a currency stand in no statement, or in marks. Two files break off: in a head, and before the closing balance.
const EXPECTED: &[(&str, &str)] = &[
    ("ASNB/mt940.txt", "8 Some(true)"),
    ("ASNB/mt940_with_spaces_for_entry_date.txt", "8 Some(true)"),
    ("citi/mt940.txt", "3 Some(true) zero_amount"),
    ("mBank/mt940.sta", "3 Some(true)"),
    ("mBank/mt942.sta", "3 None"),
    ("mBank/with_newline_in_tnr.sta", "2 Some(false) balance_mismatch"),
    ("sberbank/171011_01234945.sta", "3 Some(true)"),
    ("self-provided/account_identification.sta", "truncated"),
    ("self-provided/details_60-63.sta", "1 Some(false) balance_mismatch"),
    ("self-provided/empty_non_swift.sta", "no_statement"),
    ("self-provided/february_30.sta", "1 Some(true) invalid_date"),
    ("self-provided/gv_codes.sta", "truncated"),
    ("self-provided/invalid_statement.sta", "no_statement"),
    ("self-provided/long_statement_number.sta", "0 Some(true)"),
    ("self-provided/malformed_details.sta", "1 Some(false) balance_mismatch"),
    ("self-provided/mt942.sta", "1 None sum_mismatch"),
    ("self-provided/multiline.sta", "2 None unknown_currency"),
    ("self-provided/overly_long_details.sta", "1 Some(false) balance_mismatch"),
    ("self-provided/raiffeisen-cmi.sta", "7 Some(false) balance_mismatch"),
    (
        "self-provided/raphaelm.sta",
        "0 None invalid_balance unknown_currency invalid_balance unknown_currency invalid_balance unknown_currency \
         invalid_balance",
    ),
    ("self-provided/sparkassen.sta", "0 None unknown_currency"),
    ("self-provided/transaction_details_wrapped.sta", "1 Some(true) invalid_date"),
    ("self-provided/whitespace.sta", "1 Some(false) balance_mismatch"),
    ("self-provided/wrapped_timestamp.sta", "1 Some(true) invalid_date"),
];
