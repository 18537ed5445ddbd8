//! Starting other programs and saying in one line why one of them failed.
//!
//! Everything that belongs to the workspace runs in its root, whatever folder the caller is in.
//! This file knows no database and no recipe.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use crate::postgres::Server;

/// Why a recipe stopped: what went wrong, and what would help when that is known.
#[derive(Debug)]
pub struct Failure {
    message: String,
    exit_code: u8,
}

impl Failure {
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), exit_code: 1 }
    }

    /// A program ended without success. Its own exit code becomes ours, so that scripts can tell.
    pub fn of_program(program: &str, status: ExitStatus) -> Self {
        let exit_code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
        Self { message: format!("`{program}` failed: {status}"), exit_code }
    }

    pub fn exit_code(&self) -> u8 {
        self.exit_code
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

/// Runs a command and takes anything but success as a failure.
pub fn checked(mut command: Command) -> Result<(), Failure> {
    let status = command.status().map_err(|error| not_started(&command, &error))?;
    judge(&command, status)
}

/// Success or a [`Failure`] that names the command.
pub fn judge(command: &Command, status: ExitStatus) -> Result<(), Failure> {
    if status.success() { Ok(()) } else { Err(Failure::of_program(&text_of(command), status)) }
}

pub fn not_started(command: &Command, error: &std::io::Error) -> Failure {
    Failure::new(format!("cannot start `{}`: {error}", command.get_program().to_string_lossy()))
}

/// What a quiet helper program prints, without the line end; nothing when it fails or is not there.
pub fn answer_of(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

/// The cargo that runs us, in the workspace root.
pub fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    command.args(arguments).current_dir(workspace_root());
    command
}

/// Our own binary, as a command still to be run: `heller ARGUMENTS…`.
pub fn heller_command(arguments: &[&str]) -> Command {
    let mut command = cargo(&["run", "--quiet", "--package", "heller", "--"]);
    command.args(arguments);
    command
}

/// Runs our own binary.
pub fn heller(arguments: &[&str]) -> Result<(), Failure> {
    checked(heller_command(arguments))
}

/// Runs the words of a command line, in the caller's folder, with the server's address in its environment.
pub fn under(mut server: Server, words: &[OsString]) -> Result<(), Failure> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(Failure::new("no command given: `cargo xtask pg -- COMMAND…`"));
    };
    let mut command = Command::new(program);
    command.args(arguments);
    server.run(command)
}

/// The folder above this crate.
pub fn workspace_root() -> PathBuf {
    let crate_folder =
        env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    crate_folder.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// Where cargo puts what it builds.
pub fn target_folder() -> PathBuf {
    let named = env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    workspace_root().join(named)
}

/// A command as a person would type it, with the program's bare name.
pub fn text_of(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(OsStr::new("?"));
    let words = std::iter::once(program).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_without_its_folder() {
        let mut command = Command::new("/usr/bin/cargo");
        command.args(["test", "--workspace"]);
        assert_eq!(text_of(&command), "cargo test --workspace");
    }

    #[test]
    fn the_exit_code_of_a_program_is_kept() {
        let mut command = Command::new("sh");
        command.args(["-c", "exit 7"]);
        let failure = checked(command).expect_err("sh was told to fail");
        assert_eq!(failure.exit_code(), 7);
        assert!(failure.to_string().starts_with("`sh -c exit 7` failed"), "{failure}");
    }

    #[test]
    fn a_missing_program_is_named() {
        let failure = checked(Command::new("no-such-program-here")).expect_err("there is no such program");
        assert!(failure.to_string().contains("no-such-program-here"), "{failure}");
    }

    #[test]
    fn a_helper_that_is_missing_or_fails_answers_nothing() {
        assert_eq!(answer_of("no-such-program-here", &[]), None);
        assert_eq!(answer_of("sh", &["-c", "echo no; exit 1"]), None);
        assert_eq!(answer_of("sh", &["-c", "echo yes"]), Some("yes".to_owned()));
    }

    #[test]
    fn the_root_holds_the_workspace() {
        assert!(workspace_root().join("xtask").join("Cargo.toml").is_file());
    }
}
