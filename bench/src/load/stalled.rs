//! Readers that have stopped reading.

use std::{
    fs,
    io::Write,
    net::{SocketAddr, TcpStream},
    slice,
};

use socket2::{Domain, Socket, Type};

use crate::{Result, contender::Serving};

/// Only they follow it, so only their sockets get full.
const TOPIC: &str = "bench-stalled";
/// Bytes that a reader's own end holds, or little more: what waits, waits at the server's end.
const OWN_END: usize = 4096;
/// So many bytes are published, in so many events: more than both ends of a connection hold.
const EVENTS: usize = 64;
const EVENT: usize = 16 * 1024;

/// Connections that nobody reads from.
pub(crate) struct Stalled {
    server: SocketAddr,
    sockets: Vec<TcpStream>,
}

impl Stalled {
    /// Connects so many, which follow one more topic besides their own, and waits until the stream of each
    /// has begun.
    pub(crate) fn connect(
        serving: &Serving,
        readers: usize,
        topic: Option<String>,
    ) -> Result<Self> {
        let topics: Vec<_> = topic.into_iter().chain([TOPIC.to_owned()]).collect();
        let request = serving.stream_request(&topics);
        let open = |_| open(serving.address, &request);
        let sockets = (0..readers).map(open).collect::<Result<Vec<_>>>()?;
        for socket in &sockets {
            socket.peek(slice::from_mut(&mut 0))?;
        }
        Ok(Self { server: serving.address, sockets })
    }

    /// Fills their sockets, and makes sure that something waits for each.
    pub(crate) fn fill(&self, serving: &Serving) -> Result<()> {
        publish_more_than_fits(serving)?;
        let waiting = self.waiting()?;
        if waiting.len() < self.sockets.len() {
            return Err("a reader that does not read has got everything".into());
        }
        Ok(())
    }

    /// Bytes that wait at the server's end, on each connection on which any do.
    pub(crate) fn waiting(&self) -> Result<Vec<u64>> {
        let table = fs::read_to_string("/proc/net/tcp")?;
        Ok(table.lines().skip(1).filter_map(|line| unsent(line, self.server.port())).collect())
    }
}

/// Publishes more than both ends of a connection hold, to whoever has stalled.
pub(crate) fn publish_more_than_fits(serving: &Serving) -> Result<()> {
    let data = ".".repeat(EVENT);
    (0..EVENTS).try_for_each(|_| serving.publish(TOPIC, &data).map(drop))
}

fn open(server: SocketAddr, request: &[u8]) -> Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(server), Type::STREAM, None)?;
    socket.set_recv_buffer_size(OWN_END)?;
    socket.connect(&server.into())?;
    let mut socket = TcpStream::from(socket);
    socket.write_all(request)?;
    Ok(socket)
}

/// What the other end has not confirmed, of a line of `/proc/net/tcp` for a connection of this port; none
/// where that is nothing.
fn unsent(line: &str, port: u16) -> Option<u64> {
    // number, own address, other address, state, bytes to send and to read
    let mut fields = line.split_whitespace().skip(1);
    let (_, own) = fields.next()?.split_once(':')?;
    let (unsent, _) = fields.nth(2)?.split_once(':')?;
    let bytes = u64::from_str_radix(unsent, 16).ok()?;
    (u16::from_str_radix(own, 16).ok()? == port && bytes > 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::unsent;

    #[test]
    fn what_waits_is_that_of_the_servers_end() {
        let line = "   3: 0100007F:1F90 0100007F:B6A2 01 0000A000:00000010 01:00000014 00000000 0";
        assert_eq!(unsent(line, 8080), Some(0xA000));
        assert_eq!(unsent(line, 0xB6A2), None);
        assert_eq!(unsent(&line.replace("0000A000", "00000000"), 8080), None);
    }
}
