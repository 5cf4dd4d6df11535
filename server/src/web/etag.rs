//! `ETag`s of the files of a folder, and 304 for clients that have the file already ([RFC 9110, section
//! 8.8.3](https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3)).
//!
//! Pages have none: a 304 would renew the nonce in their policy and not the one in their text.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{
            CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH,
            IF_RANGE, RANGE,
        },
    },
    middleware::Next,
    response::Response,
};
use belfry_hub::http::lists::joined;
use tokio::{sync::OnceCell, task::spawn_blocking};
use xxhash_rust::xxh3::xxh3_64;

/// The validators of a folder's files, by name: a compressed form has one of its own. They are found when
/// the first file is asked for, so that no start waits for them. A cheap handle.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tags(Arc<Found>);

#[derive(Debug, Default)]
struct Found {
    /// `None` for files that have none.
    folder: Option<PathBuf>,
    tags: OnceCell<HashMap<String, HeaderValue>>,
}

impl Tags {
    /// Those of the files of a folder, but not of those in it. What cannot be read has none.
    pub(crate) fn of(folder: PathBuf) -> Self {
        Self(Arc::new(Found { folder: Some(folder), ..Found::default() }))
    }

    async fn found(&self) -> &HashMap<String, HeaderValue> {
        let find = || async {
            let Some(folder) = self.0.folder.clone() else { return HashMap::new() };
            // Lost only where the server shuts down.
            spawn_blocking(move || read(&folder)).await.unwrap_or_default()
        };
        self.0.tags.get_or_init(find).await
    }
}

/// Reads all files of a folder.
fn read(folder: &Path) -> HashMap<String, HeaderValue> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let tag = |file: fs::DirEntry| {
        let name = file.file_name().into_string().ok()?;
        // A pipe would keep them waiting for its writer.
        let content = file.path().is_file().then(|| fs::read(file.path()))?.ok()?;
        let tag = format!("\"{:016x}\"", xxh3_64(&content));
        Some((name, HeaderValue::try_from(tag).ok()?))
    };
    files.filter_map(tag).collect()
}

/// Adds the validator to an answer with a file, or leaves the file out where the client has it.
pub(crate) async fn validate(
    State(tags): State<Tags>,
    mut request: Request,
    next: Next,
) -> Response {
    let name = request.uri().path().trim_start_matches('/').to_owned();
    let has = request.headers().get(IF_NONE_MATCH).is_some();
    let had = joined(request.headers(), &IF_NONE_MATCH);
    let headers = request.headers_mut();
    if has {
        // It is ignored if the other is present (section 13.1.3).
        headers.remove(IF_MODIFIED_SINCE);
    }
    if headers.contains_key(IF_RANGE) {
        // The whole is always right.
        headers.remove(RANGE);
    }
    let mut response = next.run(request).await;
    let Some(tag) = tag_of(tags.found().await, &name, response.headers()) else { return response };
    if response.status() != StatusCode::OK {
        return response;
    }
    if matches(&had, tag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Body::empty();
        for of_the_body in [CONTENT_LENGTH, CONTENT_TYPE, CONTENT_ENCODING] {
            response.headers_mut().remove(of_the_body);
        }
    }
    response.headers_mut().insert(ETAG, tag.clone());
    response
}

fn tag_of<'a>(
    tags: &'a HashMap<String, HeaderValue>,
    name: &str,
    answer: &HeaderMap,
) -> Option<&'a HeaderValue> {
    let ending = match answer.get(CONTENT_ENCODING).map(HeaderValue::as_bytes) {
        None => "",
        Some(b"br") => ".br",
        Some(b"gzip") => ".gz",
        Some(_) => return None,
    };
    tags.get(&format!("{name}{ending}"))
}

/// Whether a list of validators has this one, weak or strong.
fn matches(list: &str, tag: &HeaderValue) -> bool {
    let mut each = list.split(',').map(str::trim);
    each.any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one).as_bytes() == tag.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_a_validator_weak_or_strong_or_any() {
        let tag = HeaderValue::from_static("\"ab\"");
        for (list, has) in [
            ("\"ab\"", true),
            ("\"x\", W/\"ab\"", true),
            ("*", true),
            ("", false),
            ("ab", false),
            ("\"abc\"", false),
        ] {
            assert_eq!(matches(list, &tag), has, "{list}");
        }
    }
}
