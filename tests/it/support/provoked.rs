//! Which problem codes were really answered: each leaves a file of its name in a folder, so that the check at the end of a
//! whole run (`cargo xtask test`) knows what all test processes have seen. Without the variable nothing is kept.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex, PoisonError};

use super::answer::Answer;

/// Names the folder; `cargo xtask test` empties it before a run of all tests.
pub const FOLDER_VARIABLE: &str = "HELLER_TEST_CODES";

static FOLDER: LazyLock<Option<PathBuf>> = LazyLock::new(|| std::env::var_os(FOLDER_VARIABLE).map(PathBuf::from));
static KNOWN: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(Mutex::default);

/// Keeps the code of a problem, and those of the values that it names.
pub fn note(answer: &Answer) {
    let Some(folder) = &*FOLDER else { return };
    if answer.media() != Some("application/problem+json") {
        return;
    }
    let values = answer.json["errors"].as_array().into_iter().flatten().map(|error| &error["code"]);
    for code in values.chain([&answer.json["code"]]).filter_map(|code| code.as_str()) {
        if KNOWN.lock().unwrap_or_else(PoisonError::into_inner).insert(code.to_owned()) {
            fs::write(folder.join(code), "").unwrap();
        }
    }
}

/// What was kept by all processes of the run.
pub fn all() -> BTreeSet<String> {
    let folder = FOLDER.as_ref().unwrap_or_else(|| panic!("{FOLDER_VARIABLE} names no folder: run `cargo xtask test`"));
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
