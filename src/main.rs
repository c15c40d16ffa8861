//! The `yingda` program: arguments, then what they ask for.

use std::process::ExitCode;

use clap::Parser;
use yingda::commands::{self, Arguments};

fn main() -> ExitCode {
    commands::run(Arguments::parse())
}
