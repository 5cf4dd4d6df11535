//! Compresses answers on request, each piece for itself
//! ([RFC 1952](https://www.rfc-editor.org/rfc/rfc1952), docs/decisions/0018).
//!
//! The memory of a compressor is held only while a piece is compressed, and not while a slow
//! reader takes it: so no reader costs more than without. Nothing is compressed unless its handler says
//! so; streams of events never are.

use std::{
    convert::Infallible,
    io::{self, Write},
};

use axum::{
    body::Body,
    extract::FromRequestParts,
    http::{
        HeaderMap, HeaderValue,
        header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, COOKIE, VARY},
        request::Parts,
    },
    response::Response,
};
use flate2::{Compression, Crc, write::DeflateEncoder};
use http_body_util::BodyExt;

use crate::http::{
    lists::{joined, weighted},
    same_site::{follows_foreign_link, is_no_other_site},
};

/// Anything smaller is not compressed: it fits into a packet or two anyway.
const LEAST: usize = 1024;

/// Of 1 to 9.
const LEVEL: Compression = Compression::new(5);

/// No time, no flags, no extra fields, unknown system.
const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

const GZIP: HeaderValue = HeaderValue::from_static("gzip");

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// As it is.
    Plain,
    /// Compressed.
    Gzip,
}

impl Coding {
    /// The coding that a request accepts. A page to which another site sends a visitor is not compressed if
    /// it may contain something private: the other site could infer it from the length, if it can observe
    /// that (BREACH). An old browser that only sends `Referer` gets no compressed page when it follows another
    /// site's link, with or without a cookie: there are few of them, and what a page shows may also depend on
    /// where its visitor is.
    pub fn of(headers: &HeaderMap) -> Self {
        let by_cookie = headers.contains_key(COOKIE) && !is_no_other_site(headers);
        let guessed_at = by_cookie || follows_foreign_link(headers);
        if !guessed_at && accepts(&joined(headers, &ACCEPT_ENCODING)) {
            Self::Gzip
        } else {
            Self::Plain
        }
    }

    /// Compresses a whole answer, whose body is no larger than a page's.
    pub async fn apply(self, mut response: Response) -> Response {
        response.headers_mut().append(VARY, ACCEPT_ENCODING.into());
        if self == Self::Plain {
            return response;
        }
        let (mut parts, body) = response.into_parts();
        let whole = match body.collect().await {
            Ok(whole) => whole.to_bytes(),
            // Making it failed, and so does the response.
            Err(error) => {
                let broken = futures::stream::once(std::future::ready(Err::<Vec<u8>, _>(error)));
                return Response::from_parts(parts, Body::from_stream(broken));
            }
        };
        if whole.len() < LEAST {
            return Response::from_parts(parts, whole.into());
        }
        parts.headers.insert(CONTENT_ENCODING, GZIP);
        parts.headers.remove(CONTENT_LENGTH);
        Response::from_parts(parts, Gzip::default().piece(&whole, true).into())
    }

    /// The compressor of an answer that is written in pieces.
    pub fn gzip(self) -> Option<Gzip> {
        (self == Self::Gzip).then(Gzip::default)
    }

    /// Says of such an answer how it is written.
    pub fn say(self, headers: &mut HeaderMap) {
        headers.append(VARY, ACCEPT_ENCODING.into());
        if self == Self::Gzip {
            headers.insert(CONTENT_ENCODING, GZIP);
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Coding {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

/// Whether a list of codings has gzip.
fn accepts(list: &str) -> bool {
    let weight = |wanted: &str| {
        let named = |(range, _): &(&str, u16)| range.eq_ignore_ascii_case(wanted);
        weighted(list).find(named).map(|(_, weight)| weight)
    };
    weight("gzip").or(weight("*")).is_some_and(|weight| weight > 0)
}

/// A compressed answer that is written piece by piece: of what went before it holds only the checksum.
#[derive(Debug, Default)]
pub struct Gzip {
    sum: Crc,
    begun: bool,
}

impl Gzip {
    /// The next piece, compressed; `last` ends the answer.
    pub fn piece(&mut self, piece: &[u8], last: bool) -> Vec<u8> {
        let mut out = Vec::with_capacity(piece.len() / 4 + HEAD.len());
        if !std::mem::replace(&mut self.begun, true) {
            out.extend_from_slice(&HEAD);
        }
        self.sum.update(piece);
        let mut out = deflated(piece, out, last).expect("a Vec takes everything");
        if last {
            out.extend_from_slice(&self.sum.sum().to_le_bytes());
            out.extend_from_slice(&self.sum.amount().to_le_bytes());
        }
        out
    }
}

/// A piece behind others. Each ends at a whole byte and refers to nothing before it.
fn deflated(piece: &[u8], out: Vec<u8>, last: bool) -> io::Result<Vec<u8>> {
    let mut deflating = DeflateEncoder::new(out, LEVEL);
    deflating.write_all(piece)?;
    if last {
        return deflating.finish();
    }
    deflating.flush()?;
    Ok(std::mem::take(deflating.get_mut()))
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use axum::http::{HeaderName, response};
    use flate2::read::GzDecoder;
    use proptest::prelude::*;

    use super::*;

    fn headers(headers: &[(&'static str, &'static str)]) -> HeaderMap {
        let each =
            |&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value));
        headers.iter().map(each).collect()
    }

    #[test]
    fn gzip_is_given_to_who_takes_it() {
        for (list, gzip) in [
            ("gzip", true),
            ("gzip, deflate, br, zstd", true),
            ("br;q=1, GZIP;q=0.1", true),
            ("*", true),
            ("", false),
            ("br", false),
            ("gzip;q=0", false),
            ("gzip;q=0, *", false),
            ("identity", false),
        ] {
            assert_eq!(accepts(list), gzip, "{list:?}");
        }
    }

    #[test]
    fn what_another_site_asks_for_in_a_visitors_name_is_not_compressed() {
        for (site, cookie, coding) in [
            ("cross-site", true, Coding::Plain),
            ("same-site", true, Coding::Plain),
            ("same-origin", true, Coding::Gzip),
            ("none", true, Coding::Gzip),
            ("cross-site", false, Coding::Gzip),
        ] {
            let mut asked = headers(&[("accept-encoding", "gzip"), ("sec-fetch-site", site)]);
            if cookie {
                asked.insert(COOKIE, HeaderValue::from_static("name=Ada"));
            }
            assert_eq!(Coding::of(&asked), coding, "{site} {cookie}");
        }
    }

    #[test]
    fn who_follows_a_link_of_another_site_is_told_by_the_page_in_old_browsers() {
        for (page, coding) in [
            ("https://other.example/", Coding::Plain),
            ("https://other.example", Coding::Plain),
            ("https://belfry.example.other.example/", Coding::Plain),
            ("https://other.example/https://belfry.example/", Coding::Plain),
            ("about:blank", Coding::Plain),
            ("https://belfry.example/chat?a=/", Coding::Gzip),
            ("https://Belfry.example", Coding::Gzip),
        ] {
            let asked =
                [("accept-encoding", "gzip"), ("host", "belfry.example"), ("referer", page)];
            assert_eq!(Coding::of(&headers(&asked)), coding, "{page}");
            let more = [&asked[..], &[("sec-fetch-site", "cross-site")]].concat();
            assert_eq!(Coding::of(&headers(&more)), Coding::Gzip, "{page}");
        }
    }

    #[tokio::test]
    async fn a_short_answer_stays_as_it_is_and_says_that_there_are_two() {
        let short = response::Builder::new().body(Body::from("short")).unwrap();
        let answer = Coding::Gzip.apply(short).await;
        assert_eq!(answer.headers()[VARY], "accept-encoding");
        assert!(!answer.headers().contains_key(CONTENT_ENCODING));
        assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "short");
    }

    proptest! {
        #[test]
        fn pieces_come_out_as_they_went_in(pieces in prop::collection::vec(".{0,2000}", 1..6)) {
            let (mut gzip, mut sent) = (Gzip::default(), Vec::new());
            for (index, piece) in pieces.iter().enumerate() {
                sent.extend(gzip.piece(piece.as_bytes(), index + 1 == pieces.len()));
            }
            let mut read = String::new();
            GzDecoder::new(&*sent).read_to_string(&mut read).unwrap();
            prop_assert_eq!(read, pieces.concat());
        }
    }
}
