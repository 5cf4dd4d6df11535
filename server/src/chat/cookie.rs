//! Cookies of the chat: a name goes in, what a request's cookie of that name holds comes out; and a value
//! goes in, what has a browser keep it comes out.

use axum::http::{HeaderMap, HeaderValue, header::COOKIE};

use crate::origin::came_by_https;

/// How long one is kept, in seconds: a year from when it was last set.
const KEPT_S: u32 = 31_536_000;

/// Whether a browser sends a cookie when the visitor comes from another site.
#[derive(Clone, Copy, Debug)]
pub(super) enum SameSite {
    /// Never.
    Strict,
    /// Where they go to a page of this server.
    Lax,
}

/// What the first cookie of a name holds. By bytes: other programs on this host may have cookies in any
/// encoding.
pub(super) fn find<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h [u8]> {
    let values = headers.get_all(COOKIE).iter();
    let mut cookies = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b';'));
    cookies.find_map(|cookie| cookie.trim_ascii().strip_prefix(name.as_bytes())?.strip_prefix(b"="))
}

/// What has a browser keep a value of letters, digits and signs. The path is the whole server's, because
/// what a room's page is born with is read elsewhere as well.
pub(super) fn keeping(
    name: &str,
    value: &str,
    same_site: SameSite,
    headers: &HeaderMap,
) -> HeaderValue {
    let secure = if came_by_https(headers) { "; Secure" } else { "" };
    let cookie = format!(
        "{name}={value}; Path=/; Max-Age={KEPT_S}; HttpOnly; SameSite={same_site:?}{secure}"
    );
    HeaderValue::try_from(cookie).expect("letters, digits and signs of ASCII")
}
