//! "Every problem code is provoked at least once", held over a whole run.
//!
//! The tests write the codes of all their answers into a folder; one test that is ignored otherwise compares the folder
//! with the catalogue. It is asked here, behind the last of the others, because no test knows whether it is the last.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::run::{self, Failure};

/// Where the tests read the folder's name; `tests/it/support/provoked.rs` has the other end.
const FOLDER_VARIABLE: &str = "HELLER_TEST_CODES";
const CHECK: [&str; 6] = ["--test", "it", "--", "--ignored", "--exact", "walks::problems::every_code_was_answered"];

/// The folder of one run.
pub struct Provoked {
    folder: PathBuf,
}

impl Provoked {
    /// An empty folder for a run on a database.
    pub fn begin(database: &str) -> Result<Self, Failure> {
        let folder = run::target_folder().join("provoked").join(database);
        let cannot = |error: std::io::Error| Failure::new(format!("cannot empty {}: {error}", folder.display()));
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(cannot(error)),
            _ => fs::create_dir_all(&folder).map_err(cannot)?,
        }
        Ok(Self { folder })
    }

    /// Lets the tests of a command write there.
    pub fn told(&self, command: &mut Command) {
        command.env(FOLDER_VARIABLE, &self.folder);
    }

    /// Fails when a code was missed. `packages` are those of the run, so that nothing is built anew.
    pub fn check(&self, packages: &[&str]) -> Result<(), Failure> {
        println!("== problem codes that were answered");
        let mut command = run::cargo(&["test"]);
        command.args(packages).args(CHECK);
        self.told(&mut command);
        run::checked(command)
    }
}
