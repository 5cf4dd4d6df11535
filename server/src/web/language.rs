//! Languages: picks the language of a page by the request's preference, and remembers the switch's choice.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode, Uri,
        header::{ACCEPT_LANGUAGE, LOCATION, SET_COOKIE},
        request::Parts,
    },
};
use belfry_hub::http::{
    caching::NO_STORE,
    lists,
    problem::Problem,
    query::{Value, first},
};
use wire::{
    language::{Language, NotALanguage},
    parameters::{TAG, TO},
};

use crate::web::{
    client::Client,
    cookies::{A_YEAR, SameSite, cookie, values, written},
    redirect::place_here,
};

/// The cookie that remembers a choice.
pub(crate) const LANGUAGE_COOKIE: &str = "belfry-language";

/// The language of the answer: the visitor's choice, else the browser's preference.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Preferred(pub(crate) Language);

impl<S: Sync> FromRequestParts<S> for Preferred {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let asked = lists::joined(&parts.headers, &ACCEPT_LANGUAGE);
        let client = Client::among(&parts.extensions);
        Ok(Self(chosen(&client, &parts.headers).unwrap_or_else(|| negotiate(&asked))))
    }
}

/// The language that the cookie names; an unknown tag counts as no choice.
fn chosen(client: &Client, headers: &HeaderMap) -> Option<Language> {
    values(client, headers, LANGUAGE_COOKIE).find_map(|tag| tag.parse().ok())
}

/// The language that an `Accept-Language` prefers ([RFC 9110, section
/// 12.5.4](https://www.rfc-editor.org/rfc/rfc9110#section-12.5.4)). Only the primary language of a range
/// counts: any Chinese is closer to 简体中文 than to English. If none of ours is accepted, or there is no
/// header, it is English.
#[must_use]
pub fn negotiate(accept_language: &str) -> Language {
    let ranges: Vec<_> = lists::weighted(accept_language).collect();
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
pub(crate) async fn switch(uri: Uri, client: Client) -> Result<Answer, Problem> {
    let query = uri.query().unwrap_or_default();
    let field = |wanted| first(query, wanted).map(Value::lossy).unwrap_or_default();
    let language: Language = field(TAG).parse().map_err(|NotALanguage| {
        Problem::new(StatusCode::BAD_REQUEST, "tag must be en or zh-CN").of(TAG)
    })?;
    let kept = written(cookie(LANGUAGE_COOKIE, language.tag(), SameSite::Lax, A_YEAR, &client))
        .expect("a tag is ASCII");
    let to = HeaderValue::from_str(place_here(&field(TO)).unwrap_or("/"))
        .expect("a place here is visible ASCII");
    Ok((StatusCode::SEE_OTHER, [(SET_COOKIE, kept), (LOCATION, to), NO_STORE]))
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
    }
}
