//! A child process that is measured: what it says first, its processor time, its end.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use nix::{
    time::{ClockId, clock_getcpuclockid},
    unistd::Pid,
};

use crate::Result;

/// A running child; it is killed when this goes.
pub(crate) struct Process {
    child: Child,
    clock: ClockId,
    /// Held open: a program must not fail because nobody takes what it prints.
    output: BufReader<ChildStdout>,
}

impl Process {
    /// Starts a command, with its standard output for us.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let started = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let program = command.get_program().display();
        let mut child = started.map_err(|error| format!("{program} does not start: {error}"))?;
        let clock = clock_getcpuclockid(Pid::from_raw(child.id().try_into()?))?;
        let output = child.stdout.take().ok_or("the output of a child is ours")?;
        Ok(Self { child, clock, output: BufReader::new(output) })
    }

    /// Waits for the line that says `http://` and an address.
    pub(crate) fn address(&mut self) -> Result<SocketAddr> {
        let mut line = String::new();
        while self.output.read_line(&mut line)? > 0 {
            if let Some((_, rest)) = line.split_once("http://") {
                return Ok(rest.trim().trim_end_matches('/').parse()?);
            }
            line.clear();
        }
        Err("a server has ended before it said its address".into())
    }

    /// What its threads have run for, also in the kernel.
    pub(crate) fn processor_time(&self) -> Result<Duration> {
        Ok(self.clock.now()?.into())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the threads of this process have run for, also in the kernel.
pub(crate) fn own_processor_time() -> Result<Duration> {
    Ok(ClockId::CLOCK_PROCESS_CPUTIME_ID.now()?.into())
}
