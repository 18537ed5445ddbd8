//! The program `heller`: a command line around the library. What the commands are stands in [`cli`].

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
