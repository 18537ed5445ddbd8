//! Settings of the process: flag, then environment (`HELLER_…`), then file (`heller.toml`), then default.
//!
//! Unknown keys are refused, in the file and in the environment, so that a typo cannot silently mean a default. Secrets
//! (signing key, licence key) have no default and come from the environment or from a file they name.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

mod origins;
pub mod settings;
mod sources;

pub use origins::Origins;
pub use sources::{Flags, Loaded, Origin};

/// What one process is told. Every field is a key of `heller.toml` and, upper case with `HELLER_` before it, a variable.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// Folder of the embedded database, the sandbox provider's record and temporary files.
    pub data_dir: PathBuf,
    /// `sqlite://…` or `postgres://…`; absent: `heller.sqlite` in the data folder. May hold a password.
    pub database_url: Option<SecretString>,
    pub database_connections: u32,
    /// Ed25519 private key in PEM that signs access tokens.
    pub signing_key: Option<SecretString>,
    /// File that holds `signing_key`.
    pub signing_key_file: Option<PathBuf>,
    /// The vendor's Ed25519 public key in PEM; without it no licence is valid.
    pub licence_public_key: Option<String>,
    /// File that holds `licence_public_key`.
    pub licence_public_key_file: Option<PathBuf>,
    pub access_token_minutes: u32,
    pub refresh_token_hours: u32,
    /// Origins of web pages that may call this API from a browser.
    pub cors_origins: Origins,
    /// Largest statement file, in bytes.
    pub import_max_bytes: u64,
    /// How long a worker may be silent before its job is given to another one, in seconds.
    pub worker_lease_seconds: u32,
    /// How often an idle worker looks for jobs, in milliseconds.
    pub worker_poll_milliseconds: u32,
    pub worker_concurrency: u32,
    /// How long a provider may take to answer, in milliseconds.
    pub provider_timeout_milliseconds: u32,
    /// `auto`, `text` or `json`.
    pub log_format: LogFormat,
    /// Filter in the form of `RUST_LOG`.
    pub log_filter: String,
    /// A statement that takes at least so long is logged, in milliseconds.
    pub log_slow_query_milliseconds: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// Text for people at a terminal, JSON for what collects logs.
    Auto,
    Text,
    Json,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8686)),
            data_dir: PathBuf::from("heller-data"),
            database_url: None,
            database_connections: 8,
            signing_key: None,
            signing_key_file: None,
            licence_public_key: None,
            licence_public_key_file: None,
            access_token_minutes: 15,
            refresh_token_hours: 12,
            cors_origins: Origins::default(),
            import_max_bytes: 2 * 1024 * 1024 * 1024,
            worker_lease_seconds: 60,
            worker_poll_milliseconds: 500,
            worker_concurrency: 4,
            provider_timeout_milliseconds: 15_000,
            log_format: LogFormat::Auto,
            log_filter: "info".to_owned(),
            log_slow_query_milliseconds: 500,
        }
    }
}

/// A setting that cannot be used, in one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("settings: {0}")]
    Unreadable(#[from] config::ConfigError),
    #[error("settings: {given} is no setting{meant}; `heller help config` lists all of them")]
    Unknown { given: String, meant: String },
    #[error("settings: cannot read {path}: {cause}")]
    File { path: PathBuf, cause: std::io::Error },
    #[error("settings: {name} must be at least 1")]
    Zero { name: &'static str },
    #[error("settings: {value} and {file} are both set; leave one of them out")]
    Both { value: &'static str, file: &'static str },
    #[error("settings: no signing key; make one with `heller key init {hint}` and set HELLER_SIGNING_KEY_FILE={hint}")]
    NoSigningKey { hint: String },
}

impl Config {
    /// Reads the file, if one is named or `heller.toml` lies in the working folder, and the environment.
    ///
    /// # Errors
    /// Unknown keys and values of the wrong type, naming them.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        Ok(Loaded::read(file, &[])?.config)
    }

    /// Takes back what a nearer setting replaces.
    fn forget(&mut self, key: &str) {
        match key {
            "signing_key" => self.signing_key = None,
            "signing_key_file" => self.signing_key_file = None,
            "licence_public_key" => self.licence_public_key = None,
            "licence_public_key_file" => self.licence_public_key_file = None,
            _ => {}
        }
    }

    /// Numbers with which nothing would work.
    fn check(&self) -> Result<(), ConfigError> {
        let zero = [
            ("database_connections", u64::from(self.database_connections)),
            ("access_token_minutes", u64::from(self.access_token_minutes)),
            ("refresh_token_hours", u64::from(self.refresh_token_hours)),
            ("import_max_bytes", self.import_max_bytes),
            ("worker_lease_seconds", u64::from(self.worker_lease_seconds)),
            ("worker_poll_milliseconds", u64::from(self.worker_poll_milliseconds)),
            ("worker_concurrency", u64::from(self.worker_concurrency)),
            ("provider_timeout_milliseconds", u64::from(self.provider_timeout_milliseconds)),
            ("log_slow_query_milliseconds", u64::from(self.log_slow_query_milliseconds)),
        ];
        match zero.iter().find(|(_, value)| *value == 0) {
            Some((name, _)) => Err(ConfigError::Zero { name }),
            None => Ok(()),
        }
    }

    pub fn database_url(&self) -> String {
        match &self.database_url {
            Some(url) => url.expose_secret().to_owned(),
            None => crate::db::sqlite_url(&self.data_dir),
        }
    }

    /// The signing key, from the variable or the file.
    ///
    /// # Errors
    /// When there is none; there is no default.
    pub fn signing_key(&self) -> Result<SecretString, ConfigError> {
        match (&self.signing_key, &self.signing_key_file) {
            (Some(key), _) => Ok(key.clone()),
            (None, Some(path)) => Ok(SecretString::from(read(path)?)),
            (None, None) => Err(ConfigError::NoSigningKey { hint: "signing-key.pem".to_owned() }),
        }
    }

    /// # Errors
    /// When the named file cannot be read.
    pub fn licence_public_key(&self) -> Result<Option<String>, ConfigError> {
        match (&self.licence_public_key, &self.licence_public_key_file) {
            (Some(key), _) => Ok(Some(key.clone())),
            (None, Some(path)) => Ok(Some(read(path)?)),
            (None, None) => Ok(None),
        }
    }
}

fn read(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|cause| ConfigError::File { path: path.to_owned(), cause })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_in_the_file_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("heller.toml");
        std::fs::write(&path, "listen = \"127.0.0.1:1\"\nlisten_adress = \"x\"\n").unwrap();
        let error = Config::load(Some(&path)).unwrap_err().to_string();
        assert!(error.contains("listen_adress in") && error.contains("did you mean listen?"), "{error}");
        std::fs::write(&path, "listen = \"127.0.0.1:1\"\nlog_format = \"json\"\n").unwrap();
        let config = Config::load(Some(&path)).unwrap();
        assert_eq!((config.listen.port(), config.log_format), (1, LogFormat::Json));
    }

    #[test]
    fn there_is_no_default_signing_key() {
        assert!(matches!(Config::default().signing_key(), Err(ConfigError::NoSigningKey { .. })));
    }
}
