//! Where settings come from: flag, then variable, then file, then default, and which of them a value came from.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use config::{FileFormat, FileSourceFile, Source};

use super::settings::SETTINGS;
use super::{Config, ConfigError};
use crate::domain::text::nearest;

/// Read without being named when it lies in the working folder.
const USUAL_FILE: &str = "heller.toml";
/// Variables of tests and tools that share the prefix, and those in which the guides keep a client's address and login;
/// they are no settings.
const NOT_SETTINGS: [&str; 8] = ["TEST_", "REQUIRE_", "CORPORA", "KILL_", "DEV_", "URL", "EMAIL", "PASSWORD"];
/// What may be given as it is or as a file.
const PAIRS: [(&str, &str); 2] =
    [("signing_key", "signing_key_file"), ("licence_public_key", "licence_public_key_file")];
const PREFIX: &str = "HELLER_";

/// Keys and values of the command line.
pub type Flags = [(String, String)];

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    Flag,
    Variable,
    File(PathBuf),
    Default,
}

impl Origin {
    const fn rank(&self) -> u8 {
        match self {
            Self::Flag => 3,
            Self::Variable => 2,
            Self::File(_) => 1,
            Self::Default => 0,
        }
    }
}

/// The settings, and where each of them came from.
#[derive(Debug)]
pub struct Loaded {
    pub config: Config,
    flags: BTreeSet<String>,
    variables: BTreeSet<String>,
    file: (PathBuf, BTreeSet<String>),
}

impl Loaded {
    /// # Errors
    /// Unknown keys and values of the wrong type, naming them.
    pub fn read(file: Option<&Path>, flags: &Flags) -> Result<Self, ConfigError> {
        let source = source(file);
        let in_file = source.collect()?.into_keys().collect();
        let variables: Vec<(String, String)> = variables().collect();
        let mut builder = config::Config::builder().add_source(source);
        for (key, value) in variables.iter().chain(flags) {
            builder = builder.set_override(key, value.as_str())?;
        }
        let loaded = Self {
            config: Config::default(),
            flags: flags.iter().map(|(key, _)| key.clone()).collect(),
            variables: variables.into_iter().map(|(key, _)| key).collect(),
            file: (file.unwrap_or(Path::new(USUAL_FILE)).to_owned(), in_file),
        };
        loaded.check_keys()?;
        let mut config: Config = builder.build()?.try_deserialize()?;
        config.check()?;
        for (value, file) in PAIRS {
            let rank = |key| loaded.origin(key).rank();
            match rank(value).cmp(&rank(file)) {
                _ if loaded.origin(value) == Origin::Default || loaded.origin(file) == Origin::Default => {}
                Ordering::Equal => return Err(ConfigError::Both { value, file }),
                Ordering::Less => config.forget(value),
                Ordering::Greater => config.forget(file),
            }
        }
        Ok(Self { config, ..loaded })
    }

    pub fn origin(&self, key: &str) -> Origin {
        match key {
            key if self.flags.contains(key) => Origin::Flag,
            key if self.variables.contains(key) => Origin::Variable,
            key if self.file.1.contains(key) => Origin::File(self.file.0.clone()),
            _ => Origin::Default,
        }
    }

    /// A typo must not silently mean a default.
    fn check_keys(&self) -> Result<(), ConfigError> {
        let known: Vec<&str> = SETTINGS.iter().map(|setting| setting.key).collect();
        let unknown = |key: &&String| !known.contains(&key.as_str());
        let variable = |key: &str| format!("{PREFIX}{}", key.to_uppercase());
        let (given, meant) = if let Some(key) = self.variables.iter().find(unknown) {
            (format!("the variable {}", variable(key)), nearest(key, &known).map(variable))
        } else if let Some(key) = self.file.1.iter().find(unknown) {
            (format!("{key} in {}", self.file.0.display()), nearest(key, &known).map(str::to_owned))
        } else {
            return Ok(());
        };
        let meant = meant.map_or_else(String::new, |meant| format!("; did you mean {meant}?"));
        Err(ConfigError::Unknown { given, meant })
    }
}

fn source(file: Option<&Path>) -> config::File<FileSourceFile, FileFormat> {
    match file {
        Some(path) => config::File::from(path).format(FileFormat::Toml),
        None => config::File::new(USUAL_FILE, FileFormat::Toml).required(false),
    }
}

/// Other programs' variables may hold anything; ours are text.
fn variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| {
        let key = name.to_str()?.strip_prefix(PREFIX)?.to_owned();
        let foreign = NOT_SETTINGS.iter().any(|prefix| key.starts_with(prefix));
        (!foreign).then(|| (key.to_lowercase(), value.to_string_lossy().into_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_settings_and_the_fields_are_the_same_in_the_same_order() {
        let built = config::Config::builder().set_override("nonsense", 1).unwrap().build().unwrap();
        let refused: Result<Config, _> = built.try_deserialize();
        let sentence = refused.unwrap_err().to_string();
        let fields: Vec<&str> = sentence.split('`').skip(3).step_by(2).collect();
        assert_eq!(SETTINGS.iter().map(|setting| setting.key).collect::<Vec<_>>(), fields, "{sentence}");
    }

    #[test]
    fn a_flag_wins_over_the_file_and_the_file_over_the_default() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.toml");
        std::fs::write(&path, "listen = \"127.0.0.1:1\"\nworker_concurrency = 2\n").unwrap();
        let flags = [("listen".to_owned(), "127.0.0.1:3".to_owned())];
        let loaded = Loaded::read(Some(&path), &flags).unwrap();
        assert_eq!((loaded.config.listen.port(), loaded.config.worker_concurrency), (3, 2));
        let origins = ["listen", "worker_concurrency", "log_format"].map(|key| loaded.origin(key));
        assert_eq!(origins, [Origin::Flag, Origin::File(path), Origin::Default]);
    }

    #[test]
    fn a_key_and_its_file_are_one_setting_and_the_nearer_one_wins() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.toml");
        std::fs::write(&path, "licence_public_key = \"old\"\n").unwrap();
        let flags = [("licence_public_key_file".to_owned(), "new.pem".to_owned())];
        let config = Loaded::read(Some(&path), &flags).unwrap().config;
        assert_eq!((config.licence_public_key, config.licence_public_key_file), (None, Some("new.pem".into())));
        std::fs::write(&path, "signing_key = \"a\"\nsigning_key_file = \"b\"\n").unwrap();
        let both = Loaded::read(Some(&path), &[]).unwrap_err().to_string();
        assert!(both.contains("signing_key and signing_key_file"), "{both}");
    }

    #[test]
    fn the_example_file_names_every_setting_with_its_default() {
        let folder = tempfile::tempdir().unwrap();
        let example = include_str!("../../heller.example.toml");
        let named: Vec<&str> =
            example.lines().filter_map(|line| line.strip_prefix('#')?.split_once(" = ")).map(|(key, _)| key).collect();
        let known: Vec<&str> = SETTINGS.iter().map(|setting| setting.key).collect();
        assert_eq!(named, known);
        let without_default = ["database_url", "key", "cors_origins"];
        let lines = example.lines().filter_map(|line| line.strip_prefix('#').filter(|line| line.contains(" = ")));
        let lines = lines.filter(|line| !without_default.iter().any(|part| line.contains(part)));
        let path = folder.path().join("heller.toml");
        std::fs::write(&path, lines.collect::<Vec<_>>().join("\n")).unwrap();
        let (read, default) = (Loaded::read(Some(&path), &[]).unwrap().config, Config::default());
        for setting in &SETTINGS {
            assert_eq!(setting.shown(&read), setting.shown(&default), "{}", setting.key);
        }
    }
}
