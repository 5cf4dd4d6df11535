//! Languages: what a request prefers goes in, the language of its page comes out; and the switch,
//! which remembers a choice.

use std::convert::Infallible;

use app::{Language, language::NotALanguage};
use axum::{
    extract::FromRequestParts,
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode, Uri,
        header::{ACCEPT_LANGUAGE, CACHE_CONTROL, COOKIE, LOCATION, SET_COOKIE},
        request::Parts,
    },
};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::{preference, problem::Problem};

/// The cookie that remembers a choice.
pub(crate) const LANGUAGE_COOKIE: &str = "belfry-language";

/// How long a choice is remembered, in seconds: a year.
const REMEMBERED_S: u32 = 31_536_000;

/// What no address may hold as it is. Letters beyond ASCII are encoded in any case.
const UNSAFE: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>');

/// The language of the answer: the visitor's choice, else the browser's preference.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Preferred(pub(crate) Language);

impl<S: Sync> FromRequestParts<S> for Preferred {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let asked = preference::joined(&parts.headers, &ACCEPT_LANGUAGE);
        Ok(Self(chosen(&parts.headers).unwrap_or_else(|| negotiate(&asked))))
    }
}

/// The language that the cookie names; a tag that is no language's counts as no choice.
fn chosen(headers: &HeaderMap) -> Option<Language> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut cookies = cookies.flat_map(|value| value.split(';'));
    cookies.find_map(|cookie| {
        let tag = cookie.trim().strip_prefix(LANGUAGE_COOKIE)?.strip_prefix('=')?;
        tag.parse().ok()
    })
}

/// The language that an `Accept-Language` prefers ([RFC 9110, section
/// 12.5.4](https://www.rfc-editor.org/rfc/rfc9110#section-12.5.4)). A range counts by its primary
/// language: every Chinese is nearer to 简体中文 than to English. Where none of ours is accepted, or
/// nothing is said, it is English.
#[must_use]
pub fn negotiate(accept_language: &str) -> Language {
    let ranges: Vec<_> = preference::weighted(accept_language).collect();
    let weight = |language: Language| {
        let named = |wanted: &str| {
            let mut best = None;
            for (place, &(range, weight)) in ranges.iter().enumerate() {
                let primary = range.split('-').next().unwrap_or_default();
                if primary.eq_ignore_ascii_case(wanted)
                    && best.is_none_or(|(heaviest, _)| weight > heaviest)
                {
                    best = Some((weight, place));
                }
            }
            best
        };
        let primary = language.tag().split('-').next().unwrap_or_default();
        named(primary).or_else(|| named("*")).filter(|&(weight, _)| weight > 0)
    };
    let accepted = Language::ALL.into_iter().filter_map(|it| Some((weight(it)?, it)));
    // Of several with the same weight the one that is named first; `min_by_key` keeps our order.
    let best = accepted.min_by_key(|&((weight, place), _)| (u16::MAX - weight, place));
    best.map_or(Language::default(), |(_, language)| language)
}

/// See other, what remembers the choice, and where to.
type Answer = (StatusCode, [(HeaderName, HeaderValue); 3]);

/// `GET /language?tag=…&to=…`: remembers a language and leads back to a page of this server.
pub(crate) async fn switch(uri: Uri) -> Result<Answer, Problem> {
    let field = |wanted: &str| {
        let mut fields = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        fields.find_map(|(name, value)| (name == wanted).then_some(value)).unwrap_or_default()
    };
    let language: Language = field("tag").parse().map_err(|NotALanguage| {
        Problem::new(StatusCode::BAD_REQUEST, "the pages are not written in this language")
            .of("tag")
    })?;
    let cookie = format!(
        "{LANGUAGE_COOKIE}={}; Path=/; Max-Age={REMEMBERED_S}; SameSite=Lax",
        language.tag()
    );
    let to = utf8_percent_encode(back_to(&field("to")), UNSAFE).to_string();
    let value = |text: String| HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("/"));
    Ok((
        StatusCode::SEE_OTHER,
        [
            (SET_COOKIE, value(cookie)),
            (LOCATION, value(to)),
            (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ],
    ))
}

/// The address if it is a path on this server, which no browser could take for another's; else `/`.
fn back_to(address: &str) -> &str {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let ours = path.starts_with('/')
        && !path.contains("//")
        && !address.contains(|letter: char| letter == '\\' || letter.is_control());
    if ours { address } else { "/" }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_heaviest_of_our_languages_is_chosen() {
        use Language::{Chinese, English};
        for (header, language) in [
            ("", English),
            ("fr, de;q=0.5", English),
            ("en-GB,en;q=0.9", English),
            ("zh", Chinese),
            ("ZH-cn", Chinese),
            ("zh-Hans", Chinese),
            ("zh-SG", Chinese),
            ("zh-TW", Chinese),
            ("zh-Hant-HK, fr", Chinese),
            ("zh-CN,zh;q=0.9,en;q=0.8", Chinese),
            ("en;q=0.8,zh;q=0.9", Chinese),
            ("en;q=0.9 , zh ; q=0.8", English),
            ("zh, en", Chinese),
            ("en, zh", English),
            ("fr, zh;q=0.001", Chinese),
            ("*", English),
            ("en;q=0, *", Chinese),
            ("zh;q=0.5, *;q=0.7", English),
            ("zh;q=0.8, *;q=0.7", Chinese),
            ("zh;q=0, en;q=0", English),
            // Malformed ranges and weights count for nothing.
            ("zh;q=2", English),
            ("zh;q=0.1234", English),
            ("zh;q=-1, en;q=0.1", English),
            ("zhen", English),
            (";;q=,,zh;q", English),
            (",,zh,", Chinese),
        ] {
            assert_eq!(negotiate(header), language, "{header:?}");
        }
    }

    #[test]
    fn the_switch_leads_to_pages_of_this_server_alone() {
        for ours in ["/", "/status", "/console?topic=a//b", "/%2F", "/钟", "/a#b"] {
            assert_eq!(back_to(ours), ours);
        }
        for other in [
            "",
            "status",
            "//evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "https://evil.example",
            "/\t/evil.example",
            "/\n",
            "/a//b",
            "javascript:alert(1)",
            " /",
            "/status\r\nX: y",
        ] {
            assert_eq!(back_to(other), "/", "{other:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_preferred_there_is_a_language(header in ".*") {
            let _ = negotiate(&header);
        }

        #[test]
        fn whatever_else_is_preferred_our_heaviest_wins(
            others in prop::collection::vec("[a-df-y][a-z](-[A-Z]{2})?;q=[01](\\.[0-9]{0,4})?", 0..6),
            place in 0_usize..6,
        ) {
            let mut ranges = others;
            ranges.insert(place.min(ranges.len()), "zh-CN;q=0.7".into());
            ranges.push("en;q=0.6".into());
            prop_assert_eq!(negotiate(&ranges.join(",")), Language::Chinese);
        }

        #[test]
        fn wherever_the_switch_leads_it_is_a_path_here(address in "[/\\\\a.:@ \\t?#]{0,12}") {
            let to = back_to(&address);
            prop_assert!(to.starts_with('/') && !to.starts_with("//") && !to.contains('\\'));
        }
    }
}
