//! The program `heller`: a command line around the library. What the commands are stands in [`cli`].

mod cli;

/// Gives freed memory back. The C library's allocator keeps the 19 MiB of every password hash in the arena of the
/// thread that made it: an idle server was seen at 190 MiB.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
