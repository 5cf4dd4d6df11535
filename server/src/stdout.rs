//! What a command prints.

use std::io::{self, Write};

use crate::failure::Failure;

/// Prints a line. Whoever has stopped reading does not want it.
///
/// # Errors
/// Where it cannot be written.
pub fn print_line(mut out: impl Write, line: &str) -> Result<(), Failure> {
    match out.write_all(format!("{line}\n").as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(format_args!("cannot write to stdout: {error}")))
        }
        _ => Ok(()),
    }
}
