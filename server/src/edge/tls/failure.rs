//! Why a handshake failed, as far as metrics tell it apart.

use std::io::{self, ErrorKind};

use crate::tally::HandshakeFailure;

/// The reason of a handshake's error.
pub(in crate::edge) fn reason(error: &io::Error) -> HandshakeFailure {
    let of_tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match (error.kind(), of_tls) {
        (ErrorKind::TimedOut, _) => HandshakeFailure::Timeout,
        (_, Some(rustls::Error::AlertReceived(_))) => HandshakeFailure::Rejected,
        (_, Some(rustls::Error::PeerIncompatible(_) | rustls::Error::NoApplicationProtocol)) => {
            HandshakeFailure::Incompatible
        }
        (_, Some(_)) => HandshakeFailure::Protocol,
        // Whatever else a socket says, it is gone.
        (_, None) => HandshakeFailure::Closed,
    }
}
