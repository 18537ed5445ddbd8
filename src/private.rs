//! Folders and files that only their owner may read: they hold names, IBANs, password hashes, keys.
//!
//! What exists already is left as its owner made it. Elsewhere than on Unix the system's own defaults hold.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

/// Makes a folder, and those above it, unless they exist.
pub fn folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// How a file is opened that only its owner may read, when it is made by that.
pub fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes an empty file unless it exists. SQLite gives its files beside a database the mode of the database.
pub fn file(path: &Path) -> io::Result<()> {
    match options().create_new(true).open(path).map(drop::<File>) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}
