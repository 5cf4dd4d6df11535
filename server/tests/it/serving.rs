//! The program while it serves: its address, its log line by line, its end.

use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpStream},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};

/// A program that serves; killed when dropped.
pub(crate) struct Serving {
    pub(crate) address: SocketAddr,
    child: Child,
    log: Receiver<String>,
}

impl Serving {
    /// Starts a command that ends in the program, and waits until it says where it is open.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, log) = channel();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address =
            line.trim().strip_prefix("Belfry is listening on http").unwrap_or_else(|| {
                panic!("it is not listening: {line:?}, {:?}", log.iter().collect::<Vec<_>>());
            });
        let address = address.trim_start_matches('s').trim_start_matches("://");
        let address = address.split('/').next().unwrap();
        Self { address: address.parse().unwrap(), child, log }
    }

    /// Opens a stream and reads until its first event.
    pub(crate) fn reader(&self) -> BufReader<TcpStream> {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.write_all(b"GET /sse HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        while !line.starts_with("data: ") {
            line.clear();
            assert!(reader.read_line(&mut line).unwrap() > 0, "the stream ended");
        }
        reader
    }

    /// The next line of the log that holds `words`; fails where none comes in 10 s.
    pub(crate) fn logged(&self, words: &str) -> String {
        self.logged_within(words, Duration::from_secs(10))
    }

    /// The next line of the log that holds `words`; fails where there is a silence of `bound`.
    pub(crate) fn logged_within(&self, words: &str, bound: Duration) -> String {
        loop {
            match self.log.recv_timeout(bound) {
                Ok(line) if line.contains(words) => return line,
                Ok(_) => {}
                Err(error) => panic!("the log does not say {words:?}: {error}"),
            }
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Has the kernel refuse what makes a file larger.
    pub(crate) fn limit_file_sizes(&self, bytes: u64) {
        let limit = Rlimit { current: Some(bytes), maximum: Some(bytes) };
        prlimit(Some(Pid::from_child(&self.child)), Resource::Fsize, limit).unwrap();
    }

    /// Waits for its end, and returns its exit code and the rest of its log.
    pub(crate) fn ended(mut self) -> (i32, String) {
        let log = self.log.iter().collect::<Vec<_>>().join("\n");
        (self.child.wait().unwrap().code().unwrap(), log)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
