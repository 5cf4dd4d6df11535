//! Notices when nobody reads the program's stdout any more.

use std::{io, thread};

use rustix::event::{PollFd, PollFlags, poll};

/// Calls `exit` on a thread of its own as soon as the program's stdout is closed: on a quiet topic the
/// program would otherwise notice only with the next event.
pub fn once_closed(exit: impl FnOnce() + Send + 'static) {
    thread::spawn(move || {
        let stdout = io::stdout();
        loop {
            // `ERR` is reported for a pipe without a reader even if no events are asked for.
            let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
            match poll(&mut watched, None) {
                Ok(_) if watched[0].revents().contains(PollFlags::ERR) => return exit(),
                Err(rustix::io::Errno::INTR) => {}
                _ => return,
            }
        }
    });
}
