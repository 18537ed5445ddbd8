//! The lock on an embedded database: one `serve`, `worker` or `import` at a time.
//!
//! The operating system gives the lock back when the process ends, however it ends; the file itself stays and means
//! nothing. PostgreSQL needs none: its workers lease their jobs.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use heller::config::Config;
use heller::private;

use super::failure::Failure;

/// Held for as long as the process works on the database.
#[derive(Debug)]
#[must_use = "the lock is given back when this is dropped"]
pub struct DataLock {
    _files: Vec<File>,
}

/// Takes the lock when the database is SQLite.
///
/// # Errors
/// Locked by another process; the folder cannot be used.
pub fn take(config: &Config) -> Result<DataLock, Failure> {
    if !is_sqlite(config) {
        return Ok(DataLock { _files: Vec::new() });
    }
    private::folder(&config.data_dir).map_err(|error| unusable(&config.data_dir, &error))?;
    let files = lock_files(config).iter().map(|path| lock(path)).collect::<Result<_, _>>()?;
    Ok(DataLock { _files: files })
}

pub fn is_sqlite(config: &Config) -> bool {
    config.database_url().starts_with("sqlite:")
}

/// The file of an SQLite database.
pub fn sqlite_file(config: &Config) -> Option<PathBuf> {
    heller::db::sqlite_file(&config.database_url())
}

/// The folder's lock, and the database's: two data folders can name the same file, by different ways too.
fn lock_files(config: &Config) -> Vec<PathBuf> {
    let beside = |file: PathBuf| {
        let mut name = real(&file).into_os_string();
        name.push(".lock");
        PathBuf::from(name)
    };
    let folder = Some(config.data_dir.join("heller.lock"));
    folder.into_iter().chain(sqlite_file(config).map(beside)).collect()
}

/// The path without links; of a file that is not there yet, its folder's.
fn real(file: &Path) -> PathBuf {
    let named = |folder: PathBuf| file.file_name().map(|name| folder.join(name));
    let in_folder = || file.parent()?.canonicalize().ok().and_then(named);
    file.canonicalize().ok().or_else(in_folder).unwrap_or_else(|| file.to_owned())
}

fn lock(path: &Path) -> Result<File, Failure> {
    let file = private::options().create(true).truncate(false).open(path);
    let file = file.map_err(|error| unusable(path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Failure::Locked(format!(
            "{} is locked: another `heller serve`, `worker` or `import` uses this database",
            path.display()
        ))),
        Err(TryLockError::Error(error)) => Err(unusable(path, &error)),
    }
}

fn unusable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::settings(format!("cannot use {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_lock_on_the_same_folder_is_refused_until_the_first_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config { data_dir: folder.path().to_owned(), ..Config::default() };
        let first = take(&config).unwrap();
        assert!(matches!(take(&config), Err(Failure::Locked(_))));
        drop(first);
        assert!(take(&config).is_ok());
    }

    #[test]
    fn a_database_outside_of_the_folder_has_a_lock_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let url = |name: &str| Some(format!("sqlite://{}/{name}?mode=rwc", folder.path().display()).into());
        let one = Config { data_dir: folder.path().join("a"), database_url: url("x.sqlite"), ..Config::default() };
        let two = Config { data_dir: folder.path().join("b"), database_url: url("x.sqlite"), ..Config::default() };
        let first = take(&one).unwrap();
        assert!(matches!(take(&two), Err(Failure::Locked(_))));
        drop(first);
        // In its own folder, and reached from another one through a link.
        let home = Config { data_dir: folder.path().to_owned(), database_url: url("x.sqlite"), ..Config::default() };
        let _first = take(&home).unwrap();
        assert!(matches!(take(&two), Err(Failure::Locked(_))));
        std::os::unix::fs::symlink(folder.path(), folder.path().join("link")).unwrap();
        let linked = Config { database_url: url("link/x.sqlite"), ..two };
        assert!(matches!(take(&linked), Err(Failure::Locked(_))));
    }
}
