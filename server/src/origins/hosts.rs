//! The hosts that the server answers for. A page of another site whose name suddenly means this machine
//! (DNS rebinding) asks for that name, and so is told apart.

use std::{borrow::Cow, net::IpAddr};

use axum::http::uri::Authority;

use super::Origin;

/// The hosts that the server answers for, whatever the port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hosts {
    /// Every host.
    Any,
    /// On a listener with a loopback address the names of this machine, every address, and these names; on
    /// others every host. No other site's page can ask for an address: it would have to come from there.
    Usual(Vec<String>),
    /// These alone.
    Listed(Vec<String>),
}

impl Default for Hosts {
    fn default() -> Self {
        Self::Usual(Vec::new())
    }
}

impl Hosts {
    /// Those that are listed, and that of the public origin; the usual ones if none is listed.
    #[must_use]
    pub fn new(listed: &[String], public: Option<&Origin>) -> Self {
        let names = listed.iter().map(|name| normal(name).into_owned());
        let names = names.chain(public.map(|origin| normal(origin.host()).into_owned())).collect();
        match listed {
            [] => Self::Usual(names),
            _ if listed.iter().any(|name| name == "*") => Self::Any,
            _ => Self::Listed(names),
        }
    }

    /// Answers for these names too.
    pub fn include(&mut self, names: &[String]) {
        match self {
            Self::Any => {}
            Self::Usual(listed) | Self::Listed(listed) => {
                listed.extend(names.iter().map(|name| normal(name).into_owned()));
            }
        }
    }

    /// Reads one that is to be listed.
    ///
    /// # Errors
    /// Where it is neither the name of a host, nor an address, nor `*`.
    pub fn read(value: &str) -> Result<String, &'static str> {
        let bare = value.trim_matches(['[', ']']);
        let named = value.parse::<Authority>().is_ok_and(|name| name.host() == value);
        let named = named && !value.contains('@') && value.is_ascii();
        if value == "*" || named || bare.parse::<IpAddr>().is_ok() {
            return Ok(value.to_owned());
        }
        Err("must be a host name or an IP address, without a port, or * for every host")
    }

    /// Whether they have a host in them, without a port, on a listener whose address may be a loopback one.
    #[must_use]
    pub fn answer(&self, host: &str, is_loopback: bool) -> bool {
        let host = normal(host);
        match self {
            Self::Any => true,
            Self::Listed(names) => is_in(names, &host),
            Self::Usual(names) => !is_loopback || is_local(&host) || is_in(names, &host),
        }
    }

    /// The same, without those that are answered for because every host is.
    #[must_use]
    pub fn know(&self, host: &str, is_loopback: bool) -> bool {
        match self {
            Self::Any => false,
            Self::Usual(names) if !is_loopback => is_in(names, &normal(host)),
            Self::Listed(_) | Self::Usual(_) => self.answer(host, is_loopback),
        }
    }
}

fn is_in(names: &[String], host: &str) -> bool {
    names.iter().any(|name| name == host)
}

/// Browsers take every name below `localhost` for this machine's too ([RFC 6761, section
/// 6.3](https://www.rfc-editor.org/rfc/rfc6761#section-6.3)).
fn is_local(host: &str) -> bool {
    host == "localhost" || host.ends_with(".localhost") || host.parse::<IpAddr>().is_ok()
}

/// A host as it is compared: in lower case, without brackets or a dot at its end.
fn normal(host: &str) -> Cow<'_, str> {
    let bare = host.trim_matches(['[', ']']);
    match bare.parse::<IpAddr>() {
        // There is no other way to write one.
        Ok(IpAddr::V4(_)) => bare.into(),
        Ok(address) => address.to_canonical().to_string().into(),
        Err(_) => {
            let name = bare.strip_suffix('.').unwrap_or(bare);
            let is_lower = !name.bytes().any(|byte| byte.is_ascii_uppercase());
            if is_lower { name.into() } else { name.to_ascii_lowercase().into() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCAL: [&str; 9] = [
        "localhost",
        "LOCALHOST",
        "localhost.",
        "app.localhost",
        "127.0.0.1",
        "127.1.2.3",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "192.0.2.7",
    ];

    const OTHERS: [&str; 8] = [
        "evil.test",
        "localhost.evil.test",
        "127.0.0.1.evil.test",
        "evil-localhost",
        "0x7f.1",
        "2130706433",
        "",
        "*",
    ];

    fn hosts(listed: &[&str], public: Option<&str>) -> Hosts {
        let listed: Vec<_> = listed.iter().map(|name| Hosts::read(name).unwrap()).collect();
        Hosts::new(&listed, public.map(|origin| Origin::read(origin).unwrap()).as_ref())
    }

    #[test]
    fn on_loopback_no_name_of_another_machine_is_answered_for() {
        let (alone, public) = (Hosts::default(), hosts(&[], Some("https://Belfry.test:444")));
        for host in LOCAL {
            assert!(alone.answer(host, true) && public.answer(host, true), "{host}");
        }
        for host in OTHERS {
            assert!(!alone.answer(host, true) && !public.answer(host, true), "{host}");
        }
        assert!(public.answer("belfry.test", true) && public.answer("BELFRY.test.", true));
        assert!(!public.answer("a.belfry.test", true) && !alone.answer("belfry.test", true));
    }

    #[test]
    fn elsewhere_every_host_is_answered_for_until_some_are_listed() {
        for host in LOCAL.into_iter().chain(OTHERS) {
            let public = hosts(&[], Some("https://belfry.test"));
            assert!(Hosts::default().answer(host, false) && public.answer(host, false), "{host}");
            assert!(hosts(&["a.test", "*"], None).answer(host, true), "{host}");
            assert!(!hosts(&["a.test", "*"], None).know(host, true), "{host}");
            assert!(!public.know(host, false), "{host}");
            assert_eq!(public.know(host, true), public.answer(host, true), "{host}");
        }
        for is_loopback in [true, false] {
            let listed = hosts(&["A.test", "::1"], Some("https://b.test"));
            for host in ["a.test", "A.TEST.", "b.test", "[::1]", "[0::1]"] {
                assert!(listed.answer(host, is_loopback), "{host}");
            }
            for host in ["localhost", "127.0.0.1", "c.test", "x.a.test"] {
                assert!(!listed.answer(host, is_loopback), "{host}");
            }
        }
    }

    #[test]
    fn names_that_have_a_certificate_are_answered_for() {
        let names = ["Belfry.example".to_owned()];
        for mut hosts in [Hosts::default(), hosts(&["a.test"], None)] {
            hosts.include(&names);
            assert!(hosts.answer("belfry.example", true) && hosts.know("belfry.example.", false));
            assert!(!hosts.answer("b.test", true));
        }
        let mut any = Hosts::Any;
        any.include(&names);
        assert_eq!(any, Hosts::Any);
    }

    #[test]
    fn a_host_is_listed_without_its_port() {
        for host in ["a", "a.test", "192.0.2.7", "::1", "[::1]", "*", "xn--rss.test"] {
            assert_eq!(Hosts::read(host).as_deref(), Ok(host));
        }
        for wrong in ["", "a:80", "[::1]:80", "a@b", "http://a", "a/b", "天.test", "a b"] {
            assert!(Hosts::read(wrong).is_err(), "{wrong}");
        }
    }
}
