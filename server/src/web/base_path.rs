//! The base path: serves everything under a prefix, for a server that shares its host with others.
//!
//! Routes, handlers and layers know only the paths inside it. Requests lose it here, and redirects get it; pages
//! and cookies put it before what they name.

use std::{fmt, str::FromStr, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, Uri, header::LOCATION, uri::PathAndQuery},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use belfry_hub::http::problem::Problem;

/// The longest, in bytes: browsers ignore longer paths of cookies from 1,024 on, and addresses add to it.
const LONGEST: usize = 255;

/// The path under which everything is served: empty for the whole host, or segments that each begin with a slash.
/// A cheap handle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BasePath(Arc<str>);

/// The text is not a base path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotABasePath;

impl fmt::Display for NotABasePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "must have the form /belfry or /tools/belfry, with letters, digits and -._~ between the slashes and no \
             slash at its end, and at most {LONGEST} bytes"
        )
    }
}

impl std::error::Error for NotABasePath {}

impl FromStr for BasePath {
    type Err = NotABasePath;

    fn from_str(text: &str) -> Result<Self, NotABasePath> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let is_segment = |part: &str| !matches!(part, "" | "." | "..") && part.bytes().all(plain);
        let rest = text.strip_prefix('/').filter(|_| text.len() <= LONGEST);
        rest.filter(|rest| rest.split('/').all(is_segment))
            .map(|_| Self(text.into()))
            .ok_or(NotABasePath)
    }
}

impl fmt::Display for BasePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl BasePath {
    /// As it stands before a path inside it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is none: paths are served as they are.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The address of a path inside it.
    pub(crate) fn before(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// What a path, with or without a query, is inside it; `None` where it is not. Inside, too, it begins with a
    /// slash.
    pub(crate) fn inside<'a>(&self, path: &'a str) -> Option<&'a str> {
        path.strip_prefix(&*self.0).filter(|inside| inside.starts_with('/'))
    }

    /// The same of the path in an address.
    fn uri_inside(&self, uri: &Uri) -> Option<Uri> {
        let path = uri.path_and_query()?.as_str();
        let inside = PathAndQuery::try_from(self.inside(path)?).ok()?;
        let mut parts = uri.clone().into_parts();
        parts.path_and_query = Some(inside);
        Uri::from_parts(parts).ok()
    }
}

/// Passes on what is asked inside the base path, without it, and answers 404 to everything else.
pub(super) async fn serve_under(
    State(base): State<BasePath>,
    mut request: Request,
    next: Next,
) -> Response {
    match base.uri_inside(request.uri()) {
        Some(inside) => *request.uri_mut() = inside,
        None if request.uri().path() == base.as_str() => {
            let query = request.uri().query().map_or_else(String::new, |query| format!("?{query}"));
            return Redirect::permanent(&format!("{base}/{query}")).into_response();
        }
        None => {
            let detail = format!("everything here is under {base}/");
            return Problem::new(StatusCode::NOT_FOUND, detail).into_response();
        }
    }
    let mut response = next.run(request).await;
    let place = response.headers().get(LOCATION).and_then(|place| place.to_str().ok());
    let place = place.filter(|place| place.starts_with('/')).map(|place| base.before(place));
    if let Some(Ok(place)) = place.map(HeaderValue::try_from) {
        response.headers_mut().insert(LOCATION, place);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_path_is_one_or_more_plain_segments() {
        for good in
            ["/belfry", "/tools/belfry", "/a-b_c.d~e/1", "/.well", &format!("/{}", "a".repeat(254))]
        {
            assert_eq!(good.parse().map(|base: BasePath| base.to_string()).as_deref(), Ok(good));
        }
        let long = format!("/{}", "a".repeat(255));
        for bad in [
            "",
            "/",
            "//",
            "belfry",
            "/belfry/",
            "/a//b",
            "//a",
            "/.",
            "/a/..",
            "/../a",
            "/a b",
            "/a?b",
            "/a#b",
            "/%62elfry",
            "/a;b",
            "/a\\b",
            "/钟",
            "/a\r\n",
            "https://a.example/b",
            &long,
        ] {
            assert_eq!(bad.parse::<BasePath>(), Err(NotABasePath), "{bad:?}");
        }
    }

    #[test]
    fn only_what_is_under_it_is_inside() {
        let base: BasePath = "/belfry".parse().unwrap();
        for (path, inside) in [
            ("/belfry/", Some("/")),
            ("/belfry/sse?a=b", Some("/sse?a=b")),
            ("/belfry//a", Some("//a")),
            ("/belfry/belfry/", Some("/belfry/")),
            ("/belfry", None),
            ("/belfry?a", None),
            ("/belfryx/sse", None),
            ("/Belfry/sse", None),
            ("/sse", None),
            ("/", None),
            ("*", None),
        ] {
            assert_eq!(base.inside(path), inside, "{path}");
        }
        assert_eq!(BasePath::default().inside("/sse"), Some("/sse"));
    }
}
