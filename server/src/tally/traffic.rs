//! Counts what is open on a listener, by protocol: connections, and the streams on them.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

/// What is spoken on a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// Nothing that was understood so far.
    #[default]
    Unknown,
    /// HTTP/1.0 or HTTP/1.1.
    Http1,
    /// HTTP/2.
    Http2,
}

impl Protocol {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Unknown, Self::Http1, Self::Http2];

    /// Those on which there can be streams.
    pub const SPOKEN: [Self; 2] = [Self::Http1, Self::Http2];

    /// Its name in metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Http1 => "http1",
            Self::Http2 => "http2",
        }
    }
}

/// What comes and goes on a listener. A cheap handle.
#[derive(Clone, Debug)]
pub struct Traffic(Arc<Sums>);

#[derive(Debug)]
struct Sums {
    listener: String,
    tls: bool,
    connections: Counts,
    streams: Counts,
}

/// How many of a kind are open, and were opened since the start, each by [`Protocol::ALL`].
#[derive(Debug, Default)]
pub struct Counts {
    open: [AtomicU64; Protocol::ALL.len()],
    opened: [AtomicU64; Protocol::ALL.len()],
}

impl Counts {
    fn opens(&self, protocol: Protocol) {
        self.open[protocol as usize].fetch_add(1, Relaxed);
        // Otherwise counted once that is known, or at its end.
        if protocol != Protocol::Unknown {
            self.opened[protocol as usize].fetch_add(1, Relaxed);
        }
    }

    fn closes(&self, protocol: Protocol) {
        self.open[protocol as usize].fetch_sub(1, Relaxed);
    }

    /// How many of a protocol are open.
    pub(crate) fn open(&self, protocol: Protocol) -> u64 {
        self.open[protocol as usize].load(Relaxed)
    }

    /// How many of a protocol were opened since the start.
    pub(crate) fn opened(&self, protocol: Protocol) -> u64 {
        self.opened[protocol as usize].load(Relaxed)
    }
}

impl Traffic {
    pub(super) fn new(listener: String, tls: bool) -> Self {
        let (connections, streams) = (Counts::default(), Counts::default());
        Self(Arc::new(Sums { listener, tls, connections, streams }))
    }

    /// The address of the listener.
    #[must_use]
    pub fn listener(&self) -> &str {
        &self.0.listener
    }

    /// Whether its clients speak TLS.
    #[must_use]
    pub fn has_tls(&self) -> bool {
        self.0.tls
    }

    /// The connections.
    #[must_use]
    pub fn connections(&self) -> &Counts {
        &self.0.connections
    }

    /// The streams.
    #[must_use]
    pub fn streams(&self) -> &Counts {
        &self.0.streams
    }

    /// A connection has come, which is open until the returned one is dropped. What it speaks is told to that
    /// once it is known.
    #[must_use]
    pub fn connection(&self) -> Open {
        Open::new(self, Self::connections, Protocol::Unknown)
    }

    /// A stream has begun, which is open until the returned one is dropped.
    #[must_use]
    pub fn stream(&self, protocol: Protocol) -> Open {
        Open::new(self, Self::streams, protocol)
    }
}

/// Something that is open until this is dropped.
#[derive(Debug)]
pub struct Open {
    traffic: Traffic,
    kind: fn(&Traffic) -> &Counts,
    protocol: Protocol,
}

impl Open {
    fn new(traffic: &Traffic, kind: fn(&Traffic) -> &Counts, protocol: Protocol) -> Self {
        let open = Self { traffic: traffic.clone(), kind, protocol };
        open.counts().opens(protocol);
        open
    }

    fn counts(&self) -> &Counts {
        (self.kind)(&self.traffic)
    }

    /// What counts it.
    #[must_use]
    pub fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// It has turned out what is spoken.
    pub fn speaks(&mut self, protocol: Protocol) {
        self.counts().closes(self.protocol);
        self.counts().opens(protocol);
        self.protocol = protocol;
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let counts = self.counts();
        if self.protocol == Protocol::Unknown {
            counts.opened[Protocol::Unknown as usize].fetch_add(1, Relaxed);
        }
        counts.closes(self.protocol);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_counts_once_by_what_it_turned_out_to_speak() {
        let traffic = Traffic::new("127.0.0.1:3000".into(), false);
        let counts = || {
            let all = traffic.connections();
            Protocol::ALL.map(|protocol| (all.open(protocol), all.opened(protocol)))
        };
        let (silent, mut one, mut two) =
            (traffic.connection(), traffic.connection(), traffic.connection());
        assert_eq!(counts(), [(3, 0), (0, 0), (0, 0)]);
        one.speaks(Protocol::Http1);
        two.speaks(Protocol::Http2);
        assert_eq!(counts(), [(1, 0), (1, 1), (1, 1)]);
        drop((silent, one, two));
        assert_eq!(counts(), [(0, 1), (0, 1), (0, 1)]);
        let stream = traffic.stream(Protocol::Http2);
        assert_eq!(traffic.streams().open(Protocol::Http2), 1);
        drop(stream);
        let streams = traffic.streams();
        assert_eq!((streams.open(Protocol::Http2), streams.opened(Protocol::Http2)), (0, 1));
    }
}
