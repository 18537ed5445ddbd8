//! A flag for every setting, made from the one list of settings, for the commands that take them.

use clap::{Arg, ArgMatches, Args, Command, Error, FromArgMatches};
use heller::config::settings::SETTINGS;

/// The settings that were given on the command line: key and value.
#[derive(Debug, Clone, Default)]
pub struct Flags(Vec<(String, String)>);

impl Flags {
    pub fn given(&self) -> &heller::config::Flags {
        &self.0
    }
}

impl Args for Flags {
    fn augment_args(command: Command) -> Command {
        SETTINGS.iter().fold(command, |command, setting| match setting.flag() {
            None => command,
            Some(flag) => command.arg(
                Arg::new(setting.key).long(flag).value_name("VALUE").help(setting.meaning).help_heading("Settings"),
            ),
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let with_flag = SETTINGS.iter().filter(|setting| setting.flag().is_some());
        let given = |key: &str| matches.get_one::<String>(key).map(|value| (key.to_owned(), value.clone()));
        Ok(Self(with_flag.filter_map(|setting| given(setting.key)).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
