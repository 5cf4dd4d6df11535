//! Whether a request prefers HTML.

use axum::http::{HeaderMap, header::ACCEPT};
use belfry_hub::http::lists::{joined, weighted};

/// Whether an answer in HTML is wanted: it is named, and nothing else is wanted more. A program that
/// takes anything does not name it.
pub(crate) fn wants_html(headers: &HeaderMap) -> bool {
    let accept = joined(headers, &ACCEPT);
    let (mut html, mut other) = (0, 0);
    for (range, weight) in weighted(&accept) {
        let best = if range.eq_ignore_ascii_case("text/html") { &mut html } else { &mut other };
        *best = weight.max(*best);
    }
    html > 0 && html >= other
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_browser_wants_html_and_a_program_does_not() {
        for (accept, html) in [
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true),
            ("text/html", true),
            ("*/*", false),
            ("", false),
            ("text/html;q=0", false),
            ("application/json, text/html;q=0.9", false),
            ("image/avif,image/webp,*/*;q=0.8", false),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]);
            assert_eq!(wants_html(&headers), html, "{accept:?}");
        }
        assert!(!wants_html(&HeaderMap::new()));
    }
}
