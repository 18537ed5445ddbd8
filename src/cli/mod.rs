//! The command line: which commands there are, what they take, and how they end. What they do is in the other files of
//! this folder, one per group; what they print goes through `out`.

mod config;
mod database;
mod demo;
mod failure;
mod flags;
mod import;
mod key;
mod licence;
mod lock;
mod migrate;
mod openapi;
mod out;
mod reread;
mod serve;
mod user;
mod verify;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use failure::Failure;

const EXAMPLES: &str = "\
Examples:
  heller demo                                             try it out: sample data, users, a licence
  heller key init                                         make the key that signs access tokens
  HELLER_SIGNING_KEY_FILE=signing-key.pem heller serve    serve on 127.0.0.1:8686
  heller user create --email a@example.com --name Anna --role admin
  heller import statement.xml --as anna@example.com       import a bank statement, with its progress
  heller config show                                      every setting: its value and where that comes from
  heller help config                                      every setting: flag, variable, file key, default

Exit codes:
   0  done
   1  findings: `verify` has offenders, `openapi --check` found a difference, `import` refused the file
   2  the command line is wrong, or a value in it is refused
   3  done in part: `import` left wrong entries out; the logbook names them
  69  unavailable: the database does not answer, the address is in use
  70  our fault: something failed inside
  75  locked: another `heller serve` or `heller worker` uses the data folder
  78  settings: a value, a key or a folder cannot be used";

/// Payments of merchants, to the last penny
#[derive(Parser)]
#[command(name = "heller", version, after_help = EXAMPLES, max_term_width = 110)]
struct CommandLine {
    /// Settings file in TOML; without it `heller.toml` in the working folder, if there is one
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API, and run background jobs
    Serve(serve::ServeArgs),
    /// Run background jobs only
    Worker(serve::WorkerArgs),
    /// Try it out: serve with sample data, users of every role and a licence
    Demo(demo::DemoArgs),
    /// Import a bank statement
    Import(import::ImportArgs),
    /// Bring the database up to date
    Migrate(migrate::MigrateArgs),
    /// Make the key that signs access tokens
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Create and list users
    #[command(subcommand)]
    User(user::UserCommand),
    /// Make, issue and show licences
    #[command(subcommand)]
    Licence(licence::LicenceCommand),
    /// Print, write or check the OpenAPI document
    Openapi(openapi::OpenapiArgs),
    /// Prove that every balance, number and remainder is what it must be
    Verify(verify::VerifyArgs),
    /// Read stored statement files again that an earlier version of the reader read
    Reread,
    /// Show every setting
    #[command(subcommand)]
    Config(config::ConfigCommand),
}

/// Reads the command line, does what it says, and turns a failure into one line and an exit code.
pub fn run() -> ExitCode {
    let command = CommandLine::command().mut_subcommand("config", |command| command.after_help(config::help()));
    let parsed = command.try_get_matches().and_then(|matches| CommandLine::from_arg_matches(&matches));
    let line = match parsed {
        Ok(line) => line,
        Err(error) => error.exit(),
    };
    match perform(line) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.report();
            failure.exit_code()
        }
    }
}

fn perform(CommandLine { config, command }: CommandLine) -> Result<(), Failure> {
    let file = config.as_deref();
    match command {
        Command::Serve(arguments) => serve::serve(file, &arguments),
        Command::Worker(arguments) => serve::worker(file, &arguments),
        Command::Import(arguments) => import::run(file, &arguments),
        Command::Demo(_) if file.is_some() => Err(Failure::Usage("the demo takes no settings file".to_owned())),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Migrate(arguments) => migrate::run(file, &arguments),
        Command::Key(command) => key::run(&command),
        Command::User(command) => user::run(file, command),
        Command::Licence(command) => licence::run(file, command),
        Command::Openapi(arguments) => openapi::run(&arguments),
        Command::Reread => reread::run(file),
        Command::Verify(arguments) => verify::run(file, &arguments),
        Command::Config(command) => config::run(file, &command),
    }
}

/// Runs a command that waits for the database on a runtime of its own.
fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    actix_web::rt::System::new().block_on(work)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn every_command_says_what_it_does() {
        for command in CommandLine::command().get_subcommands() {
            assert!(command.get_about().is_some(), "{}", command.get_name());
        }
    }
}
