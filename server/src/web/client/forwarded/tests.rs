//! Tests of what headers say about a client.

use proptest::prelude::*;

use super::*;
use crate::web::client::trust::Proxy;

fn trust(headers: Family) -> Trust {
    let proxies = ["10.0.0.0/8", "2001:db8:aaaa::/48"].map(|said| Proxy::read(said).unwrap());
    Trust { proxies: proxies.into(), headers }
}

/// What is said by these lines: the address, `https` or `http`, the host, and whether it is malformed.
fn said(family: Family, lines: &[(HeaderName, &str)]) -> (String, String, String, bool) {
    let lines =
        lines.iter().map(|(name, line)| (name.clone(), HeaderValue::from_str(line).unwrap()));
    let said = Said::by(&lines.collect(), &trust(family));
    let secure = said.secure.map_or("", |secure| if secure { "https" } else { "http" });
    let address = said.address.map_or(String::new(), |address| address.to_string());
    (address, secure.into(), said.host.map_or(String::new(), |it| it.to_string()), said.malformed)
}

fn by_x(clients: &[&str], proto: &str, host: &str) -> (String, String, String, bool) {
    let mut lines: Vec<_> = clients.iter().map(|line| (X_FORWARDED_FOR, *line)).collect();
    lines.extend(
        [(X_FORWARDED_PROTO, proto), (X_FORWARDED_HOST, host)]
            .into_iter()
            .filter(|it| !it.1.is_empty()),
    );
    said(Family::XForwarded, &lines)
}

#[test]
fn the_client_is_the_first_from_the_right_that_is_no_proxy() {
    for (clients, address, malformed) in [
        (&["192.0.2.7"][..], "192.0.2.7", false),
        (&["forged, 198.51.100.1,192.0.2.7 , 10.1.1.1"], "192.0.2.7", false),
        (&["192.0.2.7", "10.0.0.2", "10.0.0.1"], "192.0.2.7", false),
        (&["2001:db8::7, 2001:db8:aaaa::1"], "2001:db8::7", false),
        (&["[2001:db8::7]:80, 10.0.0.1"], "[2001:db8::7]:80", false),
        (&["192.0.2.7:1234"], "192.0.2.7:1234", false),
        (&["10.0.0.2, 10.0.0.1"], "10.0.0.2", false),
        // What cannot be read hides what is left of it.
        (&["192.0.2.7, unknown, 10.0.0.1"], "10.0.0.1", true),
        (&["192.0.2.7, , 10.0.0.1"], "10.0.0.1", true),
        (&["192.0.2.7, _hidden"], "", true),
        (&[""], "", true),
        (&[], "", false),
    ] {
        let (said, _, _, is_malformed) = by_x(clients, "", "");
        assert_eq!((&*said, is_malformed), (address, malformed), "{clients:?}");
    }
}

#[test]
fn scheme_and_host_are_those_that_the_client_used() {
    for (clients, proto, host, secure, asked) in [
        ("192.0.2.7", "https", "example.org", "https", "example.org"),
        ("192.0.2.7", "HTTP", "example.org:8080", "http", "example.org:8080"),
        ("", "https", "", "https", ""),
        // As many as there are addresses: each is of its own hop.
        ("192.0.2.7, 10.0.0.1", "https, http", "a.test, b.test", "https", "a.test"),
        ("forged, 192.0.2.7", "http, https", "forged.test, a.test", "https", "a.test"),
        // Fewer: the last that was added.
        ("192.0.2.7, 10.0.0.1", "https", "a.test", "https", "a.test"),
        ("192.0.2.7", "gopher", "a b", "", ""),
        ("192.0.2.7", "", "user@a.test", "", ""),
    ] {
        let clients: &[&str] = if clients.is_empty() { &[] } else { &[clients] };
        let (_, said, at, _) = by_x(clients, proto, host);
        assert_eq!((&*said, &*at), (secure, asked), "{clients:?} {proto} {host}");
    }
}

#[test]
fn one_family_of_headers_counts_and_the_other_does_not() {
    let both = [
        (X_FORWARDED_FOR, "192.0.2.7"),
        (X_FORWARDED_PROTO, "http"),
        (FORWARDED, "for=198.51.100.1;proto=https;host=a.test, for=10.0.0.1;proto=http"),
    ];
    let text = |address: &str, secure: &str, host: &str| {
        (address.into(), secure.into(), host.into(), false)
    };
    assert_eq!(said(Family::XForwarded, &both), text("192.0.2.7", "http", ""));
    assert_eq!(said(Family::Forwarded, &both), text("198.51.100.1", "https", "a.test"));
    let hidden = [(FORWARDED, "for=192.0.2.7, for=unknown;proto=https, for=10.0.0.1")];
    assert_eq!(
        said(Family::Forwarded, &hidden),
        ("10.0.0.1".into(), "https".into(), String::new(), true)
    );
    let open = [(FORWARDED, "for=\"192.0.2.7, for=198.51.100.1")];
    assert_eq!(said(Family::Forwarded, &open), (String::new(), String::new(), String::new(), true));
}

proptest! {
    /// Whatever a client claims, what its nearest proxy adds on the right decides.
    #[test]
    fn a_claim_never_hides_what_a_proxy_adds(claim in "[ -~]{0,40}") {
        let both = format!("{claim}, 192.0.2.7");
        prop_assert_eq!(by_x(&[&both], "", "").0, "192.0.2.7");
        prop_assert_eq!(by_x(&[&claim, "192.0.2.7, 10.0.0.1"], "", "").0, "192.0.2.7");
        let by_forwarded = said(Family::Forwarded, &[(FORWARDED, &claim), (FORWARDED, "for=192.0.2.7")]);
        prop_assert!(by_forwarded.0 == "192.0.2.7" || by_forwarded.3, "{:?}", by_forwarded);
    }
}
