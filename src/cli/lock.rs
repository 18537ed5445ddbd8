//! The lock on an embedded database: one `serve` or `worker` at a time.
//!
//! The operating system gives the lock back when the process ends, however it ends; the file itself stays and means
//! nothing. PostgreSQL needs none: its workers lease their jobs.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use heller::config::Config;

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
    std::fs::create_dir_all(&config.data_dir).map_err(|error| unusable(&config.data_dir, &error))?;
    let files = lock_files(config).iter().map(|path| lock(path)).collect::<Result<_, _>>()?;
    Ok(DataLock { _files: files })
}

pub fn is_sqlite(config: &Config) -> bool {
    config.database_url().starts_with("sqlite:")
}

/// The file of an SQLite database.
pub fn sqlite_file(config: &Config) -> Option<PathBuf> {
    let url = config.database_url();
    let path = url.strip_prefix("sqlite:")?.trim_start_matches("//");
    Some(PathBuf::from(path.split('?').next().unwrap_or_default()))
}

/// The folder's lock, and a second one where the database lies elsewhere: two data folders could name the same file.
fn lock_files(config: &Config) -> Vec<PathBuf> {
    let mut paths = vec![config.data_dir.join("heller.lock")];
    if let Some(file) = sqlite_file(config).filter(|file| file.parent() != Some(config.data_dir.as_path())) {
        let mut name = file.into_os_string();
        name.push(".lock");
        paths.push(PathBuf::from(name));
    }
    paths
}

fn lock(path: &Path) -> Result<File, Failure> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path);
    let file = file.map_err(|error| unusable(path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Failure::Locked(format!(
            "{} is locked: another `heller serve` or `heller worker` uses this database",
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
        let _first = take(&one).unwrap();
        assert!(matches!(take(&two), Err(Failure::Locked(_))));
    }
}
