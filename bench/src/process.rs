//! A child process that is measured, with its own children: what it says first, its processor time and
//! its memory, its end.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use nix::{
    sys::{
        prctl::set_child_subreaper,
        signal::{Signal, kill},
        wait::waitpid,
    },
    time::{ClockId, clock_getcpuclockid},
    unistd::Pid,
};

use crate::Result;

/// A running child; it is killed when this goes.
pub(crate) struct Process {
    command: Command,
    child: Child,
    /// Held open: a program must not fail because nobody takes what it prints.
    output: BufReader<ChildStdout>,
}

impl Process {
    /// Starts a command, with its standard output for us.
    pub(crate) fn start(mut command: Command) -> Result<Self> {
        set_child_subreaper(true)?;
        let (child, output) = spawn(&mut command)?;
        Ok(Self { command, child, output })
    }

    /// Kills it, and starts the same command again.
    pub(crate) fn restart(&mut self) -> Result<()> {
        self.kill();
        (self.child, self.output) = spawn(&mut self.command)?;
        Ok(())
    }

    /// Sets a variable for the next start.
    pub(crate) fn set(&mut self, variable: &str, value: &str) {
        self.command.env(variable, value);
    }

    /// Waits for the line that says `http://` or `https://` and an address.
    pub(crate) fn address(&mut self) -> Result<SocketAddr> {
        let mut line = String::new();
        while self.output.read_line(&mut line)? > 0 {
            let rest = line.split_once("http://").or_else(|| line.split_once("https://"));
            if let Some((_, rest)) = rest {
                let address = rest.split_whitespace().next().unwrap_or_default();
                return Ok(address.trim_end_matches('/').parse()?);
            }
            line.clear();
        }
        Err("a server has ended before it said its address".into())
    }

    /// Bytes of memory that no other process has.
    pub(crate) fn private_memory(&self) -> Result<u64> {
        let mut kib = 0;
        for pid in self.family() {
            let sizes = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
            let private = sizes.lines().filter(|line| line.starts_with("Private_"));
            kib += private
                .filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok())
                .sum::<u64>();
        }
        Ok(kib * 1024)
    }

    /// What its threads have run for, also in the kernel.
    pub(crate) fn processor_time(&self) -> Result<Duration> {
        let mut time = Duration::ZERO;
        for pid in self.family() {
            time += Duration::from(clock_getcpuclockid(pid)?.now()?);
        }
        Ok(time)
    }

    /// Itself, its children, and theirs.
    fn family(&self) -> Vec<Pid> {
        let mut family = vec![Pid::from_raw(self.child.id().cast_signed())];
        let mut known = 0;
        while let Some(pid) = family.get(known).copied() {
            family.extend(children(pid));
            known += 1;
        }
        family
    }

    /// Kills it with its children, and waits until all have ended and hold no address any more.
    fn kill(&mut self) {
        let family = self.family();
        for pid in &family {
            // It may have ended by itself.
            let _ = kill(*pid, Signal::SIGKILL);
        }
        let _ = self.child.wait();
        for pid in &family[1..] {
            // Once its parent has ended it is ours.
            let _ = waitpid(*pid, None);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn spawn(command: &mut Command) -> Result<(Child, BufReader<ChildStdout>)> {
    let started = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let program = command.get_program().display();
    let mut child = started.map_err(|error| format!("{program} does not start: {error}"))?;
    let output = child.stdout.take().ok_or("the output of a child is ours")?;
    Ok((child, BufReader::new(output)))
}

/// The children that any thread of a process has started.
fn children(pid: Pid) -> Vec<Pid> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let lists = threads.map(|thread| fs::read_to_string(thread.path().join("children")));
    let lists: Vec<_> = lists.map(std::io::Result::unwrap_or_default).collect();
    let pids = lists.iter().flat_map(|list| list.split_whitespace());
    pids.filter_map(|pid| Some(Pid::from_raw(pid.parse().ok()?))).collect()
}

/// What the threads of this process have run for, also in the kernel.
pub(crate) fn own_processor_time() -> Result<Duration> {
    Ok(ClockId::CLOCK_PROCESS_CPUTIME_ID.now()?.into())
}
