//! The `yingda` program: arguments, then what they ask for.

use std::process::ExitCode;

use clap::Parser;
use yingda::commands::{self, Arguments};

/// Memory that a busy hour took is given back when it is over; the system's own allocator keeps it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    commands::run(Arguments::parse())
}
