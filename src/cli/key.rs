//! `heller key init`, and how a private key gets into a file: readable by its owner only, and never over another one.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::Subcommand;
use heller::access::keys;

use super::failure::Failure;
use super::out;

#[derive(Subcommand)]
pub enum KeyCommand {
    /// Make a new Ed25519 key that signs access tokens
    Init {
        /// Where to write it; an existing file is never replaced
        #[arg(value_name = "FILE", default_value = "signing-key.pem")]
        file: PathBuf,
    },
}

pub fn run(command: &KeyCommand) -> Result<(), Failure> {
    let KeyCommand::Init { file } = command;
    write_new(file, &keys::generate()?.private_pem, Readers::Owner)?;
    out::line(format!("wrote {}; start with HELLER_SIGNING_KEY_FILE={0} heller serve", file.display()));
    Ok(())
}

/// Who may read a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    Owner,
    Everybody,
}

/// Writes a file that does not exist yet.
///
/// # Errors
/// When it exists or cannot be written.
pub fn write_new(path: &Path, text: &str, readers: Readers) -> Result<(), Failure> {
    let mut options = match readers {
        Readers::Owner => heller::private::options(),
        Readers::Everybody => OpenOptions::new(),
    };
    let mut file = options.write(true).create_new(true).open(path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Failure::settings(format!("{} exists and is not replaced", path.display())),
        _ => Failure::settings(format!("cannot write {}: {error}", path.display())),
    })?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    written.map_err(|error| Failure::settings(format!("cannot write {}: {error}", path.display())))
}
