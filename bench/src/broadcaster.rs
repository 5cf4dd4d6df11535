//! The limit that others are measured against: one thread, one epoll, one `send` for each reader of an
//! event, of shared bytes or, over TLS, of bytes that are encrypted for that reader. It understands just
//! enough HTTP to be given the same work.

mod connection;
mod sealing;

use std::{
    collections::HashMap,
    io::{self, Write},
    net::Ipv4Addr,
};

use mio::{
    Events, Interest, Poll, Token,
    net::{TcpListener, TcpStream},
};

use self::{
    connection::{Asked, Connection},
    sealing::{Plain, Sealing},
};
use crate::{
    Result,
    tls::{self, Session},
};

const LISTENER: Token = Token(usize::MAX);
const EVENTS_AT_ONCE: usize = 1024;
/// As long as the id of an event in a new log of Belfry is.
const ID: &str = "XXXXXXXXXXXXX";
const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ncache-control: no-store, no-transform\r\nx-accel-buffering: no\r\ntransfer-encoding: chunked\r\n\r\n";

/// Serves until it is killed.
pub(crate) fn run(over_tls: bool) -> Result<()> {
    if !over_tls {
        return serve("http", || Ok(Plain));
    }
    let config = tls::self_signed()?;
    serve("https", || Session::server(config.clone()))
}

fn serve<S: Sealing>(scheme: &str, secure: impl Fn() -> Result<S>) -> Result<()> {
    let address = (Ipv4Addr::LOCALHOST, 0).into();
    let mut broadcaster = Broadcaster::listen(TcpListener::bind(address)?, secure)?;
    writeln!(io::stdout(), "{scheme}://{}", broadcaster.listener.local_addr()?)?;
    let mut events = Events::with_capacity(EVENTS_AT_ONCE);
    loop {
        broadcaster.poll.poll(&mut events, None)?;
        for event in &events {
            match event.token() {
                LISTENER => broadcaster.accept()?,
                token => broadcaster.serve(token.0, event.is_readable())?,
            }
        }
    }
}

struct Broadcaster<S, F> {
    poll: Poll,
    listener: TcpListener,
    /// Makes what seals for a new connection.
    secure: F,
    /// By their tokens; those that are gone leave a hole.
    connections: Vec<Option<Connection<S>>>,
    /// The connections that follow each topic.
    readers: HashMap<String, Vec<usize>>,
    sequence: u64,
}

impl<S: Sealing, F: Fn() -> Result<S>> Broadcaster<S, F> {
    fn listen(mut listener: TcpListener, secure: F) -> Result<Self> {
        let poll = Poll::new()?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        let (connections, readers) = (vec![], HashMap::new());
        Ok(Self { poll, listener, secure, connections, readers, sequence: 0 })
    }

    fn accept(&mut self) -> Result<()> {
        loop {
            match self.listener.accept() {
                Ok((socket, _)) => self.add(socket)?,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn add(&mut self, mut socket: TcpStream) -> Result<()> {
        socket.set_nodelay(true)?;
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut socket, Token(self.connections.len()), interest)?;
        self.connections.push(Some(Connection::new(socket, (self.secure)()?)));
        Ok(())
    }

    fn serve(&mut self, number: usize, readable: bool) -> Result<()> {
        let Some(connection) = &mut self.connections[number] else { return Ok(()) };
        if connection.write_rest().is_err() || (readable && connection.read().is_err()) {
            return self.forget(number);
        }
        while let Some(connection) = &mut self.connections[number] {
            match connection.asked()? {
                Some(Asked::Stream(topics)) => {
                    connection.send(HEAD.as_bytes())?;
                    for topic in topics {
                        self.readers.entry(topic).or_default().push(number);
                    }
                }
                Some(Asked::Publish(topic, data)) => self.publish(number, &topic, &data)?,
                None => break,
            }
        }
        Ok(())
    }

    fn publish(&mut self, publisher: usize, topic: &str, data: &str) -> Result<()> {
        self.sequence += 1;
        let event = format!("data: {data}\nid: {ID}-{}\n\n", self.sequence);
        let chunk = format!("{:X}\r\n{event}\r\n", event.len());
        let readers = self.readers.get(topic).map_or(&[][..], Vec::as_slice);
        for &reader in readers {
            if let Some(connection) = &mut self.connections[reader] {
                // One that is gone is forgotten as soon as it can be read.
                let _ = connection.send(chunk.as_bytes());
            }
        }
        let answer =
            format!("{{\"id\":\"{ID}-{}\",\"readers\":{}}}\n", self.sequence, readers.len());
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", answer.len());
        self.connections[publisher]
            .as_mut()
            .map_or(Ok(()), |connection| connection.send((head + &answer).as_bytes()))
            .map_err(Into::into)
    }

    fn forget(&mut self, number: usize) -> Result<()> {
        if let Some(mut connection) = self.connections[number].take() {
            self.poll.registry().deregister(&mut connection.socket)?;
        }
        self.readers.values_mut().for_each(|readers| readers.retain(|reader| *reader != number));
        Ok(())
    }
}
