//! The name that a visitor used last: it goes into a cookie, and comes out of one.

use app::address::UNRESERVED;
use axum::http::{HeaderMap, HeaderValue, header::COOKIE};
use percent_encoding::{percent_decode, utf8_percent_encode};

use super::words;
use crate::origin::came_by_https;

/// The cookie that keeps the name.
const NAME_COOKIE: &str = "belfry-name";

/// How long it is kept, in seconds: a year.
const KEPT_S: u32 = 31_536_000;

/// What keeps a name. The path is the whole server's, because what a room's page is born with is read
/// elsewhere as well.
pub(super) fn keeping(name: &str, headers: &HeaderMap) -> HeaderValue {
    let secure = if came_by_https(headers) { "; Secure" } else { "" };
    let written = utf8_percent_encode(name, UNRESERVED);
    let cookie = format!(
        "{NAME_COOKIE}={written}; Path=/; Max-Age={KEPT_S}; HttpOnly; SameSite=Strict{secure}"
    );
    HeaderValue::try_from(cookie).expect("letters, digits and signs of ASCII")
}

/// The name in a request's cookies; empty where there is none, or one that nobody may have.
pub(crate) fn name_in(headers: &HeaderMap) -> String {
    // By bytes: other programs on this host may have cookies in any encoding.
    let values = headers.get_all(COOKIE).iter();
    let mut cookies = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b';'));
    let name = cookies.find_map(|cookie| {
        let written =
            cookie.trim_ascii().strip_prefix(NAME_COOKIE.as_bytes())?.strip_prefix(b"=")?;
        let typed = percent_decode(written).decode_utf8().ok()?;
        words::name(&typed).ok()
    });
    name.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(cookies: &[u8]) -> String {
        let value = HeaderValue::from_bytes(cookies).unwrap();
        name_in(&HeaderMap::from_iter([(COOKIE, value)]))
    }

    #[test]
    fn a_name_comes_back_as_it_was() {
        for kept in ["Ada", "王小明", "a=b; c", "<b>\"'%41", &"🦀".repeat(40)] {
            let cookie = keeping(kept, &HeaderMap::new());
            let cookie = cookie.as_bytes().split(|byte| *byte == b';').next().unwrap();
            assert_eq!(name(&[b"x=\xff; ", cookie, b"; y=1"].concat()), kept);
        }
    }

    #[test]
    fn what_is_no_name_is_none() {
        for cookie in [
            &b"x=1"[..],
            b"belfry-name=",
            b"belfry-names=Ada",
            b"belfry-name=%FF",
            b"belfry-name=%E2%80%AEA",
        ] {
            assert_eq!(name(cookie), "", "{cookie:?}");
        }
        assert_eq!(name_in(&HeaderMap::new()), "");
    }
}
