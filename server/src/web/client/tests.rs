//! Tests of who a request's client is.

use std::net::SocketAddr;

use axum::body::Body;
use belfry_hub::client::Address;

use super::{trust::Proxy, *};

const FAR: &str = "198.51.100.1:50000";
const HERE: &str = "127.0.0.1:50000";

fn peer(address: &str) -> Connection {
    Connection::new(address.parse::<SocketAddr>().unwrap())
}

fn trusting(proxies: &[&str]) -> Trust {
    let proxies = proxies.iter().map(|said| Proxy::read(said).unwrap()).collect();
    Trust { proxies, ..Trust::default() }
}

fn asked(headers: &[(&str, &str)]) -> Request {
    let request = headers
        .iter()
        .fold(Request::get("/"), |request, (name, value)| request.header(*name, *value));
    request.body(Body::empty()).unwrap()
}

fn client(connection: Connection, headers: &[(&str, &str)], trust: &Trust) -> Client {
    Client::of(&connection, &asked(headers), trust, None)
}

#[test]
fn headers_of_a_peer_that_is_not_trusted_mean_nothing() {
    let headers = [
        ("host", "a.test"),
        ("x-forwarded-for", "192.0.2.7"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "b.test"),
        ("forwarded", "for=192.0.2.7;proto=https"),
    ];
    for address in [FAR, HERE, "10.0.0.1:1", "[fd00::1]:1"] {
        let client = client(peer(address), &headers, &trusting(&["192.0.2.0/24"]));
        assert_eq!(client.sender.address.to_string(), address);
        assert!(!client.secure && !client.local);
        assert_eq!(client.host.unwrap(), "a.test");
    }
    let proxy = trusting(&["198.51.100.1", "unix"]);
    for connection in [peer(FAR), Connection::new(Address::Unix)] {
        let client = client(connection, &headers, &proxy);
        assert_eq!(client.sender.address.to_string(), "192.0.2.7");
        assert_eq!(client.network(), Some([192, 0, 2, 7].into()));
        assert!(client.secure && !client.local);
        assert_eq!(client.host.unwrap(), "b.test");
    }
}

#[test]
fn a_client_is_secure_by_its_connection_its_proxy_or_the_public_url() {
    let none = Trust::default();
    assert!(!client(peer(FAR), &[("host", "a.test")], &none).secure);
    assert!(client(peer(FAR).with_tls(), &[("host", "a.test")], &none).secure);
    let proxy = trusting(&["198.51.100.1"]);
    let plain = [("x-forwarded-proto", "http")];
    assert!(!client(peer(FAR).with_tls(), &plain, &proxy).secure, "the proxy knows");
    let client_of_proxy: SocketAddr = "192.0.2.7:1".parse().unwrap();
    assert!(client(peer(FAR).of_proxy(client_of_proxy, true), &[], &none).secure);
    assert!(!client(peer(FAR).of_proxy(client_of_proxy, false), &[], &none).secure);
    let public = Origin::read("https://a.test");
    for (host, secure) in
        [("A.test:443", true), ("a.test", true), ("a.test:80", false), ("b.test", false)]
    {
        let client = Client::of(&peer(FAR), &asked(&[("host", host)]), &none, public.as_ref());
        assert_eq!(client.secure, secure, "{host}");
    }
}

#[test]
fn who_hides_behind_what_cannot_be_read_is_held_to_the_limits_of_the_proxy() {
    let proxy = trusting(&["198.51.100.1"]);
    let network = |headers: &[_]| client(peer(FAR), headers, &proxy).network();
    assert_eq!(network(&[]), None, "it is the proxy itself");
    assert_eq!(network(&[("x-forwarded-for", "198.51.100.1")]), None);
    assert_eq!(network(&[("x-forwarded-for", "unknown")]), Some([198, 51, 100, 1].into()));
}

#[test]
fn the_client_of_the_proxy_protocol_may_be_a_proxy_too() {
    let trust = trusting(&["192.0.2.0/24"]);
    let balancer: SocketAddr = "192.0.2.7:1".parse().unwrap();
    let headers = [("x-forwarded-for", "203.0.113.9")];
    let through = client(peer(FAR).of_proxy(balancer, false), &headers, &trust);
    assert_eq!(through.sender.address.to_string(), "203.0.113.9");
    let other = client(peer(FAR).of_proxy(FAR.parse().unwrap(), false), &headers, &trust);
    assert_eq!(other.sender.address.to_string(), FAR);
}

#[test]
fn who_asks_here_names_this_machine_and_comes_through_no_proxy() {
    let none = Trust::default();
    let local = |headers: &[_]| client(peer(HERE), headers, &none).local;
    for host in ["localhost", "LOCALHOST:3000", "127.0.0.1:3000", "127.1.2.3", "[::1]:3000"] {
        assert!(local(&[("host", host)]), "{host}");
        assert!(!client(peer(FAR), &[("host", host)], &none).local, "{host}");
        assert!(!client(peer(HERE), &[("host", host)], &trusting(&["127.0.0.1"])).local, "{host}");
    }
    for host in ["", "belfry.test", "localhost.test", "192.0.2.1:3000", "[2001:db8::1]"] {
        assert!(!local(&[("host", host)]), "{host}");
    }
    assert!(!local(&[]));
    for header in
        OF_PROXIES.iter().chain(&["x-forwarded-for", "x-forwarded-server", "X-Forwarded-Port"])
    {
        assert!(!local(&[("host", "localhost"), (header, "192.0.2.7")]), "{header}");
    }
    let mut old = asked(&[("host", "localhost")]);
    *old.version_mut() = Version::HTTP_10;
    assert!(!Client::of(&peer(HERE), &old, &none, None).local);
    let by_protocol = peer(FAR).of_proxy(HERE.parse().unwrap(), false);
    assert!(!client(by_protocol, &[("host", "localhost")], &none).local);
    assert!(!client(Connection::new(Address::Unix), &[("host", "localhost")], &none).local);
}

#[test]
fn who_comes_from_a_page_of_another_machine_is_not_here() {
    let none = Trust::default();
    let local = |name: &str, page: &str| {
        client(peer(HERE), &[("host", "127.0.0.1:3000"), (name, page)], &none).local
    };
    for name in ["origin", "referer"] {
        for page in ["http://127.0.0.1:3000", "http://localhost:5173/", "https://[::1]/"] {
            assert!(local(name, page), "{name} {page}");
        }
        for page in ["https://belfry.test", "http://192.0.2.1/a?b", "null", "", "/", "a b"] {
            assert!(!local(name, page), "{name} {page}");
        }
    }
    let public = |origin: &str| {
        let asked = asked(&[("host", "127.0.0.1:3000")]);
        Client::of(&peer(HERE), &asked, &none, Origin::read(origin).as_ref()).local
    };
    assert!(public("http://localhost:3000") && !public("https://belfry.test"));
}

#[test]
fn whom_a_proxy_does_not_name_is_not_believed_and_shares_limits() {
    let proxy = trusting(&["198.51.100.1", "127.0.0.1", "unix"]);
    let headers = [
        ("host", "localhost"),
        ("x-forwarded-for", "192.0.2.7"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "b.test"),
    ];
    for connection in [peer(FAR), peer(HERE), Connection::new(Address::Unix)] {
        let client = client(connection.of_unnamed(false), &headers, &proxy);
        assert_eq!(client.sender.address, Address::Unknown);
        assert_eq!(client.network(), Some(Ipv6Addr::UNSPECIFIED.into()));
        assert!(!client.secure && !client.local);
        assert_eq!(client.host.unwrap(), "localhost");
    }
    let unreadable = [("x-forwarded-for", "unknown")];
    let client = client(Connection::new(Address::Unix), &unreadable, &proxy);
    assert_eq!(client.network(), Some(Ipv6Addr::UNSPECIFIED.into()));
}
