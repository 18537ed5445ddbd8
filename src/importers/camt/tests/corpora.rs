//! Other people's files, read where `HELLER_CORPORA` names their folder; else skipped with a line.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Heard, listen};
use crate::domain::money::Money;
use crate::importers::StatementEnd;

fn files(folder: &str) -> Vec<PathBuf> {
    let Ok(root) = std::env::var("HELLER_CORPORA") else {
        eprintln!("skipped: HELLER_CORPORA is not set, no files of {folder} are read");
        return Vec::new();
    };
    let mut files: Vec<PathBuf> =
        fs::read_dir(Path::new(&root).join(folder)).unwrap().map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "xml"));
    files.sort();
    files
}

fn named(file: &Path, word: &str) -> bool {
    file.file_name().unwrap().to_string_lossy().contains(word)
}

fn heard(file: &Path) -> Heard {
    let (mut heard, outcome) = listen(fs::read(file).unwrap().as_slice());
    let issues = heard.issues();
    eprintln!(
        "{}: {} lines, {:?} {issues:?}",
        file.display(),
        heard.lines.len(),
        outcome.as_ref().map_err(ToString::to_string)
    );
    heard.summary = outcome.unwrap_or_default();
    heard
}

/// The signed minor amounts of a JSON file's entries, as the other library read them.
fn expected_amounts(file: &Path) -> Vec<i64> {
    let json: Value = serde_json::from_slice(&fs::read(file.with_extension("json")).unwrap()).unwrap();
    let mut entries: Vec<&Value> = Vec::new();
    collect(&json, &mut entries);
    let amount = |entry: &&Value| entry["getAmount"]["getAmount"].as_str().unwrap().parse().unwrap();
    entries.iter().map(amount).filter(|amount| *amount != 0).collect()
}

fn collect<'a>(value: &'a Value, entries: &mut Vec<&'a Value>) {
    match value {
        Value::Object(fields) => {
            if value["__CLASS__"].as_str().is_some_and(|class| class.ends_with("\\Entry")) {
                entries.push(value);
            } else {
                fields.values().for_each(|field| collect(field, entries));
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, entries)),
        _ => {}
    }
}

#[test]
fn genkgo_files_give_the_amounts_of_their_json() {
    for file in &files("genkgo-camt") {
        if named(file, "wrong") {
            assert_eq!(listen(fs::read(file).unwrap().as_slice()).1.unwrap_err().code(), "no_statement");
            continue;
        }
        let mut amounts: Vec<i64> = heard(file).lines.iter().map(|line| line.amount.minor()).collect();
        let mut expected = expected_amounts(file);
        amounts.sort_unstable();
        expected.sort_unstable();
        if named(file, "multi") {
            // The JSON writes only the first statement's entries and calls the others a recursion.
            amounts.retain(|amount| expected.contains(amount));
        }
        assert_eq!(amounts, expected, "{}", file.display());
    }
}

#[test]
fn viafintech_files_are_read() {
    let folders = ["052", "053", "054"].map(|folder| files(&format!("viafintech-camt/{folder}")));
    for file in folders.into_iter().flatten() {
        let heard = heard(&file);
        let empty = named(&file, "namespace") || named(&file, "other_id");
        assert_eq!(heard.lines.is_empty(), empty, "{}", file.display());
        assert_eq!(heard.summary.errors, 0, "{}", file.display());
    }
}

#[test]
fn the_simulated_bank_tells_its_story_and_its_balances_add_up() {
    for file in files("mockbank-generated").iter().filter(|file| named(file, "camt.05")) {
        let heard = heard(file);
        let adds_up = |end: &StatementEnd| end.gap.map_or(!named(file, "camt.053"), Money::is_zero);
        assert!(
            heard.issues.is_empty() && heard.summary.statements > 0 && heard.ends.iter().all(adds_up),
            "{}",
            file.display()
        );
    }
}

#[test]
fn newer_versions_give_the_lines_of_the_version_they_were_made_from() {
    for file in files("derived-camt").iter().filter(|file| named(file, "camt.05")) {
        assert!(!heard(file).lines.is_empty(), "{}", file.display());
    }
}
