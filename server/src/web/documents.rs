//! Serves the documents that the pages link to, as they were in the repository when this version was built.

use axum::{
    extract::Path,
    http::{
        HeaderValue,
        header::{CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use belfry_hub::http::gzip::Coding;

use crate::web::{caching::ASK_AGAIN, client::Client, not_found::not_found};

/// Where they stand.
pub(crate) const DOCUMENTS_PATH: &str = "/documents";

/// Each with its name, its language and its text.
const ALL: [(&str, &str, &str); 4] = [
    ("publish-and-follow.md", "en", include_str!("../../../docs/publish-and-follow.md")),
    (
        "publish-and-follow.zh-CN.md",
        "zh-CN",
        include_str!("../../../docs/publish-and-follow.zh-CN.md"),
    ),
    ("operations.md", "en", include_str!("../../../docs/operations.md")),
    ("operations.zh-CN.md", "zh-CN", include_str!("../../../docs/operations.zh-CN.md")),
];

/// The address of one in a language.
pub(crate) fn path(name: &str, tag: &str) -> String {
    let language = if tag == "en" { String::new() } else { format!(".{tag}") };
    format!("{DOCUMENTS_PATH}/{name}{language}.md")
}

/// `GET /documents/{name}`: Markdown as plain text, which browsers show and do not download.
pub(crate) async fn document(Path(name): Path<String>, client: Client, coding: Coding) -> Response {
    let Some((_, language, text)) = ALL.iter().find(|one| one.0 == name) else {
        return not_found(client).await.into_response();
    };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
        (CONTENT_LANGUAGE, HeaderValue::from_static(language)),
        (CACHE_CONTROL, ASK_AGAIN),
    ];
    coding.apply((headers, *text).into_response()).await
}

#[cfg(test)]
mod tests {
    use wire::language::Language;

    use super::*;

    #[test]
    fn what_the_pages_link_to_is_there() {
        for language in Language::ALL {
            for name in ["publish-and-follow", "operations"] {
                let path = path(name, language.tag());
                let found = ALL.iter().find(|one| format!("{DOCUMENTS_PATH}/{}", one.0) == path);
                assert_eq!(found.map(|one| one.1), Some(language.tag()), "{path}");
            }
        }
    }
}
