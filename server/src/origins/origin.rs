//! An origin: the scheme, host and port of a page's address.

use std::fmt;

use axum::http::Uri;

/// An origin as browsers write it: in lower case, and without the port that the scheme has anyway ([RFC
/// 6454, section 6.2](https://www.rfc-editor.org/rfc/rfc6454#section-6.2)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    written: String,
    /// Where the host begins and ends.
    host: (usize, usize),
}

impl Origin {
    /// Reads one, even with capitals, with the scheme's own port, or with a slash at its end; `None` where
    /// it is not one. `null` is the origin of pages that have none, and not one.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let address: Uri = text.parse().ok().filter(|_| !text.contains(['#', '?', '@']))?;
        let (scheme, authority) = (address.scheme_str()?, address.authority()?);
        if address.path().len() > 1 {
            return None;
        }
        let scheme = scheme.to_ascii_lowercase();
        let host = authority.host().to_ascii_lowercase();
        let own = match &*scheme {
            "http" => Some(80),
            "https" => Some(443),
            _ => None,
        };
        let port = match &authority.as_str()[host.len()..] {
            "" | ":" => None,
            port => Some(port.strip_prefix(':')?.parse::<u16>().ok()?),
        };
        let port = port.filter(|port| Some(*port) != own);
        let begin = scheme.len() + "://".len();
        let place = (begin, begin + host.len());
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        (!host.is_empty())
            .then(|| Self { written: format!("{scheme}://{host}{port}"), host: place })
    }

    /// The one that a scheme and an authority are of.
    #[must_use]
    pub fn of(scheme: &str, authority: &str) -> Option<Self> {
        Self::read(&format!("{scheme}://{authority}"))
    }

    /// As an `Origin` header says it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// Its host; an IPv6 address in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.written[self.host.0..self.host.1]
    }

    /// Its port, if it is not the one that the scheme has anyway.
    #[must_use]
    pub fn port(&self) -> Option<&str> {
        self.written[self.host.1..].strip_prefix(':')
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::Url;

    use super::*;

    #[test]
    fn an_origin_is_written_as_browsers_do() {
        for (said, written, host) in [
            ("https://a.example", "https://a.example", "a.example"),
            ("HTTPS://A.Example/", "https://a.example", "a.example"),
            ("https://a.example:443", "https://a.example", "a.example"),
            ("http://a.example:80/", "http://a.example", "a.example"),
            ("http://a.example:443", "http://a.example:443", "a.example"),
            ("https://a.example:080", "https://a.example:80", "a.example"),
            ("http://a.example:", "http://a.example", "a.example"),
            ("http://[::1]:3000", "http://[::1]:3000", "[::1]"),
            ("http://192.0.2.7", "http://192.0.2.7", "192.0.2.7"),
            ("tauri://localhost", "tauri://localhost", "localhost"),
        ] {
            let origin = Origin::read(said).unwrap();
            assert_eq!((origin.as_str(), origin.host()), (written, host));
            let port = written.rsplit_once(':').map(|(_, port)| port);
            assert_eq!(origin.port(), port.filter(|port| port.parse::<u16>().is_ok()));
        }
    }

    #[test]
    fn what_is_no_origin_is_none() {
        for none in [
            "",
            "null",
            "*",
            "a.example",
            "//a.example",
            "https://",
            "https:///",
            "https://a.example/path",
            "https://a.example/?",
            "https://a.example?x",
            "https://a.example#x",
            "https://ada@a.example",
            "https://a.example:65536",
            "https://a.example:x",
            "https://天.example",
            "https://a.example https://b.example",
            "https://*.example/*",
        ] {
            assert_eq!(Origin::read(none), None, "{none}");
        }
    }

    proptest! {
        #[test]
        fn it_is_the_same_for_a_browser(
            text in "(http|https|HTTP)://[a-zA-Z][a-zA-Z0-9-]{0,5}(\\.[a-z]{1,3})?(:[0-9]{1,5})?/?"
        ) {
            let ours = Origin::read(&text).map(|origin| origin.to_string());
            let theirs = Url::parse(&text).ok().map(|url| url.origin().ascii_serialization());
            prop_assert_eq!(ours, theirs);
        }

        #[test]
        fn no_header_makes_it_panic(text in "[a-z:/\\[\\]@.*#?%0-9]{0,20}|\\PC{0,10}") {
            let _ = Origin::read(&text);
        }
    }
}
