//! The one list of settings: key of the file, what it is for, and how its value is shown. Help, `heller config show`,
//! the flags of commands and the file of examples come from it or are compared with it.

use std::path::Path;

use super::{Config, LogFormat};

/// One setting.
pub struct Setting {
    /// Its key in the file.
    pub key: &'static str,
    pub meaning: &'static str,
    value: fn(&Config) -> String,
}

/// Shown instead of a secret.
const MASKED: &str = "(set)";
const UNSET: &str = "-";
/// What a command line must not hold, because every user of the machine can read it.
const NO_FLAG: [&str; 1] = ["signing_key"];

impl Setting {
    /// The variable: `HELLER_LISTEN`.
    pub fn variable(&self) -> String {
        format!("HELLER_{}", self.key.to_uppercase())
    }

    /// The flag without its dashes, if there is one: `data-dir`.
    pub fn flag(&self) -> Option<String> {
        (!NO_FLAG.contains(&self.key)).then(|| self.key.replace('_', "-"))
    }

    /// The value as it may be shown; secrets are masked.
    pub fn shown(&self, config: &Config) -> String {
        (self.value)(config)
    }
}

const fn setting(key: &'static str, meaning: &'static str, value: fn(&Config) -> String) -> Setting {
    Setting { key, meaning, value }
}

/// Every field of [`Config`], in its order; tests hold the two together.
pub const SETTINGS: [Setting; 19] = [
    setting("listen", "address and port", |config| config.listen.to_string()),
    setting("data_dir", "folder of the embedded database and of working files", |config| {
        config.data_dir.display().to_string()
    }),
    setting("database_url", "sqlite://… or postgres://…", |config| {
        config.database_url.as_ref().map_or_else(|| "heller.sqlite in data_dir".to_owned(), |_| MASKED.to_owned())
    }),
    setting("database_connections", "most connections to the database", |config| {
        config.database_connections.to_string()
    }),
    setting("signing_key", "Ed25519 private key in PEM that signs access tokens", |config| masked(&config.signing_key)),
    setting("signing_key_file", "file that holds it: `heller key init`", |config| {
        path(config.signing_key_file.as_deref())
    }),
    setting("licence_public_key", "the vendor's Ed25519 public key in PEM", |config| {
        masked(&config.licence_public_key)
    }),
    setting("licence_public_key_file", "file that holds it", |config| path(config.licence_public_key_file.as_deref())),
    setting("access_token_minutes", "life of an access token", |config| config.access_token_minutes.to_string()),
    setting("refresh_token_hours", "life of a refresh token", |config| config.refresh_token_hours.to_string()),
    setting("cors_origins", "origins of web pages that may call, commas between them", |config| {
        let origins: Vec<&str> = config.cors_origins.iter().collect();
        if origins.is_empty() { UNSET.to_owned() } else { origins.join(",") }
    }),
    setting("import_max_bytes", "largest statement file", |config| config.import_max_bytes.to_string()),
    setting("worker_lease_seconds", "how long a worker may be silent", |config| {
        config.worker_lease_seconds.to_string()
    }),
    setting("worker_poll_milliseconds", "how often an idle worker looks for jobs", |config| {
        config.worker_poll_milliseconds.to_string()
    }),
    setting("worker_concurrency", "jobs that run at once", |config| config.worker_concurrency.to_string()),
    setting("provider_timeout_milliseconds", "how long a provider may take to answer", |config| {
        config.provider_timeout_milliseconds.to_string()
    }),
    setting("log_format", "auto (text on a terminal, json otherwise), text or json", |config| {
        match config.log_format {
            LogFormat::Auto => "auto",
            LogFormat::Text => "text",
            LogFormat::Json => "json",
        }
        .to_owned()
    }),
    setting("log_filter", "as RUST_LOG: info, debug, heller=debug,info", |config| config.log_filter.clone()),
    setting("log_slow_query_milliseconds", "from when on a statement is logged as slow", |config| {
        config.log_slow_query_milliseconds.to_string()
    }),
];

fn masked<T>(secret: &Option<T>) -> String {
    secret.as_ref().map_or(UNSET, |_| MASKED).to_owned()
}

fn path(path: Option<&Path>) -> String {
    path.map_or_else(|| UNSET.to_owned(), |path| path.display().to_string())
}
