//! The PROXY protocol: who a connection is for, as the proxy that opens it says before anything else
//! ([versions 1 and 2](https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt)).

use std::{io, net::SocketAddr, time::Duration};

use proxy_header::{ParseConfig, Protocol, ProxyHeader};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    time::timeout,
};

use crate::web::client::connection::Connection;

/// The longest that a proxy may take for its header.
const WITHIN: Duration = Duration::from_secs(10);

/// What begins a header of version 2.
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";

/// The shortest header of either version, in bytes, `PROXY UNKNOWN` with its line end; and what a header of
/// version 2 has before its addresses.
const SHORTEST: usize = 15;
const PREFIX: usize = 16;

/// The longest header of version 1, and the longest of version 2 that is read, in bytes.
const LONGEST_LINE: usize = 107;
const LONGEST: usize = 4096;

/// The version and the command of a connection that a proxy has opened for itself (section 2.2).
const LOCAL: u8 = 0x20;

/// For whom a proxy has opened a connection. `secure` is whether that one speaks TLS to the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Proxied {
    /// For itself, to check this server.
    Itself,
    /// For a client.
    Client { address: SocketAddr, secure: bool },
    /// For a client whose address it does not know, or cannot say.
    Unnamed { secure: bool },
}

/// Reads the header with which a proxy begins `connection`, and returns the connection as it is then: for
/// another, or for the proxy itself.
///
/// # Errors
/// If there is no valid header, or none in time.
pub(super) async fn introduced(
    connection: Connection,
    socket: &mut (impl AsyncRead + Unpin),
) -> io::Result<Connection> {
    let header = timeout(WITHIN, read(socket)).await;
    let header = header.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    let invalid = || io::Error::new(io::ErrorKind::InvalidData, "invalid PROXY protocol header");
    let proxied = parse(&header).ok_or_else(invalid)?;
    Ok(match proxied {
        Proxied::Itself => connection,
        Proxied::Client { address, secure } => connection.of_proxy(address, secure),
        Proxied::Unnamed { secure } => connection.of_unnamed(secure),
    })
}

/// Reads a header and nothing of what follows it.
async fn read(socket: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut header = vec![0; SHORTEST];
    socket.read_exact(&mut header).await?;
    if header.starts_with(SIGNATURE) {
        header.resize(PREFIX, 0);
        socket.read_exact(&mut header[SHORTEST..]).await?;
        let rest = u16::from_be_bytes([header[14], header[15]]);
        let whole = PREFIX + usize::from(rest);
        if whole > LONGEST {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "PROXY protocol header too long",
            ));
        }
        header.resize(whole, 0);
        socket.read_exact(&mut header[PREFIX..]).await?;
        return Ok(header);
    }
    // Byte by byte: what comes after the line is TLS or HTTP.
    while header.starts_with(b"PROXY ") && !header.ends_with(b"\r\n") && header.len() < LONGEST_LINE
    {
        header.push(socket.read_u8().await?);
    }
    Ok(header)
}

/// Parses a whole header; `None` if it is not one.
fn parse(bytes: &[u8]) -> Option<Proxied> {
    let (header, read) = ProxyHeader::parse(bytes, ParseConfig::default())
        .ok()
        .filter(|(_, read)| *read == bytes.len())?;
    debug_assert!(read <= LONGEST);
    if bytes.starts_with(SIGNATURE) && bytes[SIGNATURE.len()] == LOCAL {
        return Some(Proxied::Itself);
    }
    let address = header.proxied_address().filter(|it| it.protocol == Protocol::Stream);
    let secure = header.ssl().is_some_and(|ssl| ssl.client_ssl());
    Some(match address {
        Some(address) => Proxied::Client { address: address.source, secure },
        None => Proxied::Unnamed { secure },
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proxy_header::{ProxiedAddress, SslInfo, Tlv};

    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    fn version_2(source: &str, destination: &str, tlvs: &[Tlv<'_>]) -> Vec<u8> {
        let stream = ProxiedAddress::stream(address(source), address(destination));
        let mut bytes = Vec::new();
        let header = ProxyHeader::with_tlvs(Some(stream), tlvs.iter().cloned());
        header.encode_v2(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn both_versions_say_who_the_client_is() {
        let proxied =
            |client: &str, secure| Some(Proxied::Client { address: address(client), secure });
        let unnamed = Some(Proxied::Unnamed { secure: false });
        for (line, expected) in [
            ("PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n", proxied("192.0.2.7:56324", false)),
            ("PROXY TCP6 2001:db8::7 2001:db8::1 1 2\r\n", proxied("[2001:db8::7]:1", false)),
            ("PROXY UNKNOWN\r\n", unnamed),
            ("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", unnamed),
            ("PROXY TCP4 192.0.2.7 198.51.100.1 56324 443", None),
            ("PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\nGET", None),
            ("PROXY TCP4 2001:db8::7 198.51.100.1 1 2\r\n", None),
            ("PROXY TCP4 192.0.2.7 198.51.100.1 99999 443\r\n", None),
            ("proxy TCP4 192.0.2.7 198.51.100.1 1 2\r\n", None),
            ("GET / HTTP/1.1\r\n", None),
        ] {
            assert_eq!(parse(line.as_bytes()), expected, "{line}");
        }
        let bytes = version_2("192.0.2.7:1", "198.51.100.1:2", &[]);
        assert_eq!(parse(&bytes), proxied("192.0.2.7:1", false));
        let tls = SslInfo::new(true, false, false, 0);
        let bytes = version_2("[2001:db8::7]:1", "[2001:db8::1]:2", &[Tlv::Ssl(tls)]);
        assert_eq!(parse(&bytes), proxied("[2001:db8::7]:1", true));
        let mut local = Vec::new();
        ProxyHeader::with_local().encode_v2(&mut local).unwrap();
        assert_eq!(parse(&local), Some(Proxied::Itself));
        // Unspecified, a datagram, and a Unix socket: written by the proxy for clients, whose headers follow.
        let mut unspecified = Vec::new();
        ProxyHeader::with_tlvs(None, std::iter::empty()).encode_v2(&mut unspecified).unwrap();
        unspecified[12] = 0x21;
        let mut datagram = version_2("192.0.2.7:1", "198.51.100.1:2", &[]);
        datagram[13] = 0x12;
        let unix = [&SIGNATURE[..], b"\x21\x31\0\xd8", &[b'a'; 216]].concat();
        for bytes in [unspecified, datagram, unix] {
            assert_eq!(parse(&bytes), unnamed, "{bytes:?}");
        }
    }

    /// What is read of these bytes, and what is left.
    async fn read_of(bytes: &[u8]) -> (io::Result<Vec<u8>>, usize) {
        let mut rest = bytes;
        let header = read(&mut rest).await;
        (header, rest.len())
    }

    #[tokio::test]
    async fn nothing_is_read_of_what_follows_a_header() {
        let mut local = Vec::new();
        ProxyHeader::with_local().encode_v2(&mut local).unwrap();
        for header in [
            b"PROXY UNKNOWN\r\n".to_vec(),
            b"PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n".to_vec(),
            version_2("192.0.2.7:1", "198.51.100.1:2", &[]),
            local,
        ] {
            let (read, left) = read_of(&[&header[..], b"GET / HTTP/1.1\r\n\r\n"].concat()).await;
            assert_eq!((read.unwrap(), left), (header, 18));
        }
        for bad in
            [&b"PROXY"[..], b"", &SIGNATURE[..], &[&SIGNATURE[..], b"\x21\x11\xff\xff"].concat()]
        {
            assert!(read_of(bad).await.0.is_err(), "{bad:?}");
        }
        let endless = [b"PROXY ".to_vec(), vec![b'x'; 1000]].concat();
        assert_eq!(read_of(&endless).await.0.unwrap().len(), LONGEST_LINE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_proxy_that_says_nothing_is_not_waited_for() {
        let (_proxy, mut socket) = tokio::io::duplex(64);
        let begun = tokio::time::Instant::now();
        let error = introduced(Connection::default(), &mut socket).await.unwrap_err();
        assert_eq!((error.kind(), begun.elapsed()), (io::ErrorKind::TimedOut, WITHIN));
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed_or_not(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            parse(&bytes);
            parse(&[&SIGNATURE[..], &bytes].concat());
            parse(&[b"PROXY TCP4 ".as_slice(), &bytes, b"\r\n"].concat());
        }

        #[test]
        fn a_header_of_any_command_family_and_length_is_parsed_or_not(
            command in any::<u8>(), family in any::<u8>(), said in any::<u16>(),
            bytes in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let length = if said % 2 == 0 { bytes.len() as u16 } else { said };
            let head = [&SIGNATURE[..], &[command, family], &length.to_be_bytes()].concat();
            parse(&[&head[..], &bytes].concat());
            parse(&[&head[..13], &[0x11], &head[14..], &bytes].concat());
        }
    }
}
