//! The `yingda` program: arguments, logging, start, wait for a signal.

fn main() {}
