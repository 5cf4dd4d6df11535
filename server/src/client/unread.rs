//! Stdout that nobody reads any more goes in, the end of the program comes out.

use std::{io, process, thread};

use rustix::event::{PollFd, PollFlags, poll};

/// Ends the program, with exit code 0, as soon as nobody reads its stdout: a quiet topic would let
/// it notice with the next event only. To be called once.
pub fn end_with_the_reader() {
    thread::spawn(|| {
        let stdout = io::stdout();
        loop {
            // Of a pipe without a reader one need not ask: it says so by itself.
            let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
            match poll(&mut watched, None) {
                Ok(_) if watched[0].revents().contains(PollFlags::ERR) => process::exit(0),
                Err(rustix::io::Errno::INTR) => {}
                _ => return,
            }
        }
    });
}
