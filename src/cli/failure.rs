//! How a command ends when it does not end well: one line on standard error and an exit code of `sysexits.h`, so that
//! scripts and service managers can tell "try again" from "fix the settings".

use std::fmt::Display;
use std::process::ExitCode;

use heller::config::ConfigError;
use heller::error::{Code, Error};
use heller::state::StartError;
use heller::telemetry::WrongFilter;

use super::out;

#[derive(Debug)]
pub enum Failure {
    /// What was looked for was found, and told already.
    Findings,
    /// Done but for a part, and told already.
    Partly,
    /// What was given cannot be taken, for this reason.
    Refused(String),
    /// A value on the command line that only the database can judge.
    Usage(String),
    Unavailable(String),
    Internal(String),
    Locked(String),
    Settings(String),
}

impl Failure {
    pub fn settings(text: impl Display) -> Self {
        Self::Settings(text.to_string())
    }

    pub fn internal(text: impl Display) -> Self {
        Self::Internal(text.to_string())
    }

    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Findings | Self::Refused(_) => 1,
            Self::Usage(_) => 2,
            Self::Partly => 3,
            Self::Unavailable(_) => 69,
            Self::Internal(_) => 70,
            Self::Locked(_) => 75,
            Self::Settings(_) => 78,
        })
    }

    /// One line, whatever the cause wrote into several.
    pub fn report(&self) {
        match self {
            Self::Findings | Self::Partly => {}
            Self::Refused(text)
            | Self::Usage(text)
            | Self::Unavailable(text)
            | Self::Internal(text)
            | Self::Locked(text)
            | Self::Settings(text) => out::complaint(text.split_whitespace().collect::<Vec<_>>().join(" ")),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error.code() {
            Code::Unavailable => {
                let cause = error.cause().unwrap_or("it is busy");
                Self::Unavailable(format!("the database does not answer: {cause}"))
            }
            Code::Internal => Self::internal(error.cause().unwrap_or("something failed inside")),
            Code::DuplicateEmail => Self::Usage("a user with this e-mail address exists already".to_owned()),
            _ => Self::Usage(error.to_string()),
        }
    }
}

impl From<WrongFilter> for Failure {
    fn from(error: WrongFilter) -> Self {
        Self::settings(error)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::settings(error)
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Config(error) => error.into(),
            StartError::Failed(error) => error.into(),
            wrong @ (StartError::DataDir { .. } | StartError::Purpose(_)) => Self::settings(wrong),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_tells_scripts_what_to_do_about_it() {
        let busy = Failure::from(Error::new(Code::Unavailable));
        assert!(matches!(busy, Failure::Unavailable(_)));
        let taken = Failure::from(Error::new(Code::DuplicateEmail));
        assert!(matches!(taken, Failure::Usage(_)));
        assert!(matches!(Failure::from(Error::internal("x")), Failure::Internal(text) if text == "x"));
    }
}
