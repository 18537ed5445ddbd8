//! `heller config show` and `heller help config`: every setting with its flag, its variable, its file key and its value.

use std::path::Path;

use clap::{Args, Subcommand};
use heller::config::settings::{SETTINGS, Setting};
use heller::config::{Config, Loaded, Origin};

use super::failure::Failure;
use super::flags::Flags;
use super::out;

#[derive(Subcommand)]
pub enum ConfigCommand {
    /// Print every setting, the value it has now and where that comes from; secrets are masked
    Show(ShowArgs),
}

#[derive(Args)]
pub struct ShowArgs {
    #[command(flatten)]
    flags: Flags,
}

pub fn run(file: Option<&Path>, command: &ConfigCommand) -> Result<(), Failure> {
    let ConfigCommand::Show(arguments) = command;
    let (loaded, default) = (Loaded::read(file, arguments.flags.given())?, Config::default());
    let mut rows = vec![["KEY", "VALUE", "FROM", "DEFAULT", "MEANING"].map(str::to_owned).to_vec()];
    for setting in &SETTINGS {
        let (value, default) = (setting.shown(&loaded.config), setting.shown(&default));
        let from = origin(&loaded, setting);
        rows.push(vec![setting.key.to_owned(), value, from, default, setting.meaning.to_owned()]);
    }
    out::table(&rows);
    Ok(())
}

fn origin(loaded: &Loaded, setting: &Setting) -> String {
    match loaded.origin(setting.key) {
        Origin::Flag => setting.flag().map_or_else(String::new, |flag| format!("--{flag}")),
        Origin::Variable => setting.variable(),
        Origin::File(path) => path.display().to_string(),
        Origin::Default => "default".to_owned(),
    }
}

/// For `heller help config`.
pub fn help() -> String {
    let default = Config::default();
    let mut text =
        "Settings come from the flag, then from the variable, then from the file, then the default.\n\n".to_owned();
    for setting in &SETTINGS {
        let flag = setting.flag().map_or_else(|| "(no flag)".to_owned(), |flag| format!("--{flag}"));
        let (key, variable, meaning, default) =
            (setting.key, setting.variable(), setting.meaning, setting.shown(&default));
        text.push_str(&format!("  {key:<30} {variable:<37} {flag}\n{:33}{meaning} [default: {default}]\n", ""));
    }
    text.push_str("\nThe first column is the key in the file: heller.toml in the working folder, or --config FILE.");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `heller help config`, the table of the manual and the file of examples say the same about every setting.
    #[test]
    fn the_manual_names_every_setting_with_its_variable_and_default() {
        let manual = include_str!("../../docs/operations.md");
        let default = Config::default();
        for setting in &SETTINGS {
            let row = format!("| `{}` | `{}` |", setting.key, setting.variable());
            let row = manual.lines().find(|line| line.starts_with(&row)).unwrap_or_else(|| panic!("no row {row}"));
            let shown = setting.shown(&default);
            assert!(shown == "-" || row.contains(shown.split(' ').next().unwrap()), "{row} lacks {shown}");
        }
    }
}
