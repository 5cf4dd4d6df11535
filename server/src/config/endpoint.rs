//! Where to listen: an address or the path of a unix socket, as people write it.

use std::{convert::Infallible, fmt, net::SocketAddr, path::PathBuf, str::FromStr};

/// What comes before the path of a unix socket.
const UNIX: &str = "unix:";

/// What an endpoint must look like.
const FORM: &str = "must have the form 127.0.0.1:3000, [::1]:3000 or unix:/run/belfry.sock";

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// An IP address and a port; port 0 picks a free one.
    Tcp(SocketAddr),
    /// The absolute path of a unix socket.
    Unix(PathBuf),
}

impl Endpoint {
    /// Whether it is a loopback address.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        matches!(self, Self::Tcp(_)) && self.is_local()
    }

    /// Whether only this machine can reach it: a loopback address or a unix socket.
    #[must_use]
    pub fn is_local(&self) -> bool {
        match self {
            Self::Tcp(address) => address.ip().to_canonical().is_loopback(),
            Self::Unix(_) => true,
        }
    }
}

impl FromStr for Endpoint {
    type Err = &'static str;

    fn from_str(value: &str) -> Result<Self, &'static str> {
        let Some(path) = value.strip_prefix(UNIX) else {
            return value.parse().map(Self::Tcp).map_err(|_| FORM);
        };
        let Ok::<PathBuf, Infallible>(path) = path.parse();
        if path.is_absolute() { Ok(Self::Unix(path)) } else { Err(FORM) }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "{UNIX}{}", path.display()),
        }
    }
}

/// Reads the permissions of a file.
pub(super) fn permissions(value: &str) -> Result<u32, &'static str> {
    let mode = u32::from_str_radix(value, 8).ok().filter(|mode| *mode <= 0o777);
    mode.ok_or("must be an octal number from 0 to 777, such as 660")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_an_address_or_an_absolute_path() {
        for (text, local) in [
            ("127.0.0.1:3000", true),
            ("[::1]:0", true),
            ("[::ffff:127.0.0.1]:1", true),
            ("0.0.0.0:80", false),
            ("[::]:443", false),
            ("unix:/run/belfry.sock", true),
        ] {
            let endpoint: Endpoint = text.parse().unwrap();
            assert_eq!((endpoint.to_string().as_str(), endpoint.is_local()), (text, local));
        }
        for wrong in ["", "here", "3000", "localhost:3000", "unix:", "unix:belfry.sock", "/run/a"] {
            assert_eq!(wrong.parse::<Endpoint>(), Err(FORM), "{wrong}");
        }
    }
}
