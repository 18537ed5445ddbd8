//! `heller config show` and `heller help config`: every setting with its file key, its variable and its value.

use std::path::Path;

use clap::Subcommand;
use heller::config::{Config, LogFormat};

use super::failure::Failure;
use super::out;

#[derive(Subcommand)]
pub enum ConfigCommand {
    /// Print every setting and the value it has now; secrets are masked
    Show,
}

/// One setting: the key in the file, what it is for, and how its value is shown.
struct Setting {
    key: &'static str,
    meaning: &'static str,
    value: fn(&Config) -> String,
}

const fn setting(key: &'static str, meaning: &'static str, value: fn(&Config) -> String) -> Setting {
    Setting { key, meaning, value }
}

/// Every field of [`Config`]; a test holds the two together.
const SETTINGS: [Setting; 18] = [
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
    setting("log_format", "text or json", |config| match config.log_format {
        LogFormat::Text => "text".to_owned(),
        LogFormat::Json => "json".to_owned(),
    }),
    setting("log_filter", "as RUST_LOG: info, debug, heller=debug,info", |config| config.log_filter.clone()),
];

const MASKED: &str = "(set)";
const UNSET: &str = "-";

fn masked<T>(secret: &Option<T>) -> String {
    secret.as_ref().map_or(UNSET, |_| MASKED).to_owned()
}

fn path(path: Option<&Path>) -> String {
    path.map_or_else(|| UNSET.to_owned(), |path| path.display().to_string())
}

fn variable(key: &str) -> String {
    format!("HELLER_{}", key.to_uppercase())
}

pub fn show(file: Option<&Path>) -> Result<(), Failure> {
    let (config, default) = (Config::load(file)?, Config::default());
    let mut rows = vec![["KEY", "VARIABLE", "VALUE", "DEFAULT", "MEANING"].map(str::to_owned).to_vec()];
    for setting in &SETTINGS {
        let (value, default) = ((setting.value)(&config), (setting.value)(&default));
        rows.push(vec![setting.key.to_owned(), variable(setting.key), value, default, setting.meaning.to_owned()]);
    }
    out::table(&rows);
    Ok(())
}

/// For `heller help config`.
pub fn help() -> String {
    let default = Config::default();
    let mut text =
        "Settings come from the variable, then from the file, then the default. Keys of the file:\n".to_owned();
    for setting in &SETTINGS {
        let line = format!("  {:<30} {} [default: {}]\n", setting.key, setting.meaning, (setting.value)(&default));
        text.push_str(&line);
    }
    text.push_str("\nThe variable of a key is HELLER_ and the key in upper case: HELLER_LISTEN, HELLER_DATA_DIR …");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_of_the_program_is_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("heller.toml");
        std::fs::write(&file, "nonsense = 1\n").unwrap();
        let error = Config::load(Some(&file)).unwrap_err().to_string();
        let known: Vec<&str> = error.split('`').skip(3).step_by(2).collect();
        assert!(!known.is_empty(), "{error}");
        let shown: Vec<&str> = SETTINGS.iter().map(|setting| setting.key).collect();
        assert_eq!(shown, known);
    }
}
