//! Cookies: reads those of a request, and writes those that a browser is to keep.

use std::borrow::Cow;

use axum::http::{HeaderMap, HeaderValue, header::COOKIE};
use cookie::{Cookie, CookieBuilder};

use crate::web::client::Client;

pub(crate) use cookie::{SameSite, time::Duration};

/// How long a visitor's choices are kept from when they were made last.
pub(crate) const A_YEAR: Duration = Duration::days(365);

/// What a cookie is called: over https a name that only https, and no other host, can have set ([RFC 6265bis,
/// section 4.1.3.2](https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#section-4.1.3.2)). Under a
/// base path, which no cookie for the whole host may have, other hosts of the same domain can set it too.
pub(crate) fn called(name: &'static str, client: &Client) -> Cow<'static, str> {
    match (client.secure, client.base.is_empty()) {
        (false, _) => name.into(),
        (true, true) => format!("__Host-{name}").into(),
        (true, false) => format!("__Secure-{name}").into(),
    }
}

/// For which paths of the host cookies are.
fn path(client: &Client) -> String {
    if client.base.is_empty() { "/".into() } else { client.base.to_string() }
}

/// What the cookies of a name hold, in their order. Other programs on this host may have cookies in any
/// encoding: U+FFFD stands for what is not UTF-8.
pub(crate) fn values(
    client: &Client,
    headers: &HeaderMap,
    name: &'static str,
) -> impl Iterator<Item = String> {
    named(headers, called(name, client))
}

fn named(headers: &HeaderMap, name: Cow<'static, str>) -> impl Iterator<Item = String> {
    let lines = headers.get_all(COOKIE).iter();
    let lines = lines.map(|line| String::from_utf8_lossy(line.as_bytes()));
    let cookies = lines.flat_map(Cookie::split_parse).filter_map(Result::ok);
    cookies.filter(move |cookie| cookie.name() == name).map(|cookie| cookie.value().to_owned())
}

/// A cookie for all of this server, that goes over https alone where the request came by that.
pub(crate) fn cookie<'c>(
    name: &'static str,
    value: &'c str,
    same_site: SameSite,
    kept_for: Duration,
    client: &Client,
) -> CookieBuilder<'c> {
    let cookie = Cookie::build((called(name, client), value)).path(path(client));
    cookie.same_site(same_site).max_age(kept_for).secure(client.secure)
}

/// Takes away the cookie of a request that is called as over plain HTTP, where that is not read: earlier
/// versions set it over https too.
pub(crate) fn without_prefix(
    name: &'static str,
    client: &Client,
    headers: &HeaderMap,
) -> Option<CookieBuilder<'static>> {
    let there = client.secure && named(headers, name.into()).next().is_some();
    let gone = || Cookie::build((name, "")).path(path(client)).max_age(Duration::ZERO);
    there.then(|| gone().same_site(SameSite::Lax).secure(true).http_only(true))
}

/// A cookie for all of this server that no script is told.
pub(crate) fn hidden<'c>(
    name: &'static str,
    value: &'c str,
    same_site: SameSite,
    kept_for: Duration,
    client: &Client,
) -> CookieBuilder<'c> {
    cookie(name, value, same_site, kept_for, client).http_only(true)
}

/// The same for pages of other sites too, each of which gets one of its own
/// ([CHIPS](https://datatracker.ietf.org/doc/html/draft-cutler-httpbis-partitioned-cookies)).
pub(crate) fn across_sites(cookie: CookieBuilder<'_>) -> CookieBuilder<'_> {
    cookie.same_site(SameSite::None).secure(true).partitioned(true)
}

/// A cookie as `Set-Cookie` writes it; `None` where it holds what no header can.
pub(crate) fn written(cookie: CookieBuilder<'_>) -> Option<HeaderValue> {
    HeaderValue::try_from(cookie.build().to_string()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(lines: &[&[u8]]) -> Vec<String> {
        let lines = lines.iter().map(|line| (COOKIE, HeaderValue::from_bytes(line).unwrap()));
        values(&Client::default(), &lines.collect(), "a").collect()
    }

    #[test]
    fn a_cookie_is_found_among_others_whatever_those_hold() {
        for others in
            [&b"x=1"[..], b"x=\xff", "x=天".as_bytes(), b"x", b"=", b"", b"=a", b"x=\"\xe9;"]
        {
            assert_eq!(found(&[&[others, b"; a=b"].concat()]), ["b"], "{others:?}");
            assert_eq!(found(&[&[b"a=b; ", others].concat()]), ["b"], "{others:?}");
            assert_eq!(found(&[others, b"a=b"]), ["b"], "{others:?}");
        }
    }

    #[test]
    fn all_of_a_name_are_there_and_no_others() {
        assert_eq!(
            found(&[b"a=b=c; ab=d;A=e;a = f ", b"ba=g; a=\"h\"; a="]),
            ["b=c", "f", "\"h\"", ""]
        );
        assert_eq!(found(&[b"a=\xffb"]), ["\u{fffd}b"]);
        assert!(found(&[]).is_empty());
    }

    #[test]
    fn what_no_header_can_hold_is_not_written() {
        let of =
            |value| written(cookie("a", value, SameSite::Lax, Duration::ZERO, &Client::default()));
        assert_eq!(of("b").unwrap(), "a=b; SameSite=Lax; Path=/; Max-Age=0");
        assert_eq!(of("b\r\nx: y"), None);
    }
}
