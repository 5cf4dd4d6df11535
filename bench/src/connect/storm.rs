//! Many clients that connect at the same moment.

use std::{
    io::{ErrorKind, Read, Write},
    net::SocketAddr,
    time::{Duration, Instant},
};

use mio::{Events, Interest, Poll, Token, net::TcpStream};

use crate::{Result, machine::quantile};

const EVENTS_AT_ONCE: usize = 1024;
/// The kernel asks again after 1, 2, 4, 8 and 16 s where a connection was dropped.
const PATIENCE: Duration = Duration::from_secs(40);

/// When each client had what it waited for, in milliseconds, the first first.
pub(super) struct Storm(Vec<f64>);

struct Client {
    socket: TcpStream,
    asked: bool,
    /// What has come, until it is served.
    read: Vec<u8>,
    served: bool,
}

impl Storm {
    /// Connects them all, and waits until each has read `awaited`; then they close.
    pub(super) fn run(
        address: SocketAddr,
        clients: usize,
        request: &[u8],
        awaited: &[u8],
    ) -> Result<Self> {
        let (mut poll, mut events) = (Poll::new()?, Events::with_capacity(EVENTS_AT_ONCE));
        let (begun, mut all) = (Instant::now(), Vec::with_capacity(clients));
        for number in 0..clients {
            let mut client = Client::connect(address)?;
            let interest = Interest::READABLE | Interest::WRITABLE;
            poll.registry().register(&mut client.socket, Token(number), interest)?;
            all.push(client);
        }
        let mut served = Vec::with_capacity(clients);
        while served.len() < clients {
            if begun.elapsed() > PATIENCE {
                return Err(format!("only {} of {clients} clients are served", served.len()).into());
            }
            poll.poll(&mut events, Some(PATIENCE))?;
            for event in &events {
                let client = &mut all[event.token().0];
                if event.is_writable() {
                    client.ask(request)?;
                }
                if event.is_readable() && client.read(awaited)? {
                    served.push(begun.elapsed().as_secs_f64() * 1000.0);
                }
            }
        }
        Ok(Self(served))
    }

    /// When the last one was served, in milliseconds.
    pub(super) fn last(&self) -> f64 {
        self.quantile(1.0)
    }

    pub(super) fn quantile(&self, part: f64) -> f64 {
        quantile(&self.0, part)
    }

    /// Clients a second.
    pub(super) fn rate(&self) -> f64 {
        self.0.len() as f64 / self.last() * 1000.0
    }
}

impl Client {
    fn connect(address: SocketAddr) -> Result<Self> {
        let socket = TcpStream::connect(address)?;
        Ok(Self { socket, asked: false, read: vec![], served: false })
    }

    fn ask(&mut self, request: &[u8]) -> Result<()> {
        if let Some(error) = self.socket.take_error()? {
            return Err(error.into());
        }
        if !self.asked {
            self.asked = self.socket.write(request)? == request.len();
        }
        Ok(())
    }

    /// Reads all that is there, and says whether that is the moment at which it is served.
    fn read(&mut self, awaited: &[u8]) -> Result<bool> {
        let mut piece = [0; 4096];
        loop {
            match self.socket.read(&mut piece) {
                Ok(0) if self.served => return Ok(false),
                Ok(0) => return Err("a connection has ended before it was served".into()),
                Ok(length) if !self.served => self.read.extend(&piece[..length]),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.into()),
            }
        }
        let now = !self.served && memchr::memmem::find(&self.read, awaited).is_some();
        self.served |= now;
        Ok(now)
    }
}
