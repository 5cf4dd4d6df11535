//! How browsers reach the server: its origin, and the path under which it stands there.

use axum::http::Uri;

use super::setting::{BadSetting, Setting};
use crate::{
    origins::Origin,
    web::base_path::{BasePath, NotABasePath},
};

/// Reads both. The path of the public URL is the base path; where both are given, they must be the same.
pub(super) fn read(
    url: Option<Setting>,
    base: Option<Setting>,
) -> Result<(Option<Origin>, BasePath), BadSetting> {
    let (origin, path) = match url {
        Some(url) => url.read(public).map(|(origin, path)| (Some(origin), path))?,
        None => (None, BasePath::default()),
    };
    let Some(base) = base else { return Ok((origin, path)) };
    let read: BasePath = base.read(str::parse)?;
    if !path.is_empty() && read != path {
        return Err(base.unfit(&format!("must be {path}, the path of --public-url, or left out")));
    }
    Ok((origin, read))
}

/// Reads the public URL: an origin, and perhaps a path.
fn public(value: &str) -> Result<(Origin, BasePath), String> {
    let form = || {
        "must have the form https://belfry.example, https://belfry.example:8443 or \
                   https://example.org/belfry"
            .to_owned()
    };
    let uri: Uri = value.parse().map_err(|_| form())?;
    let path = uri.path().strip_suffix('/').unwrap_or(uri.path());
    let base = if path.is_empty() { Ok(BasePath::default()) } else { path.parse() };
    let base = base.map_err(|why: NotABasePath| format!("its path {why}"))?;
    let origin = value.strip_suffix('/').unwrap_or(value).strip_suffix(path).and_then(Origin::read);
    let origin = origin.filter(|it| it.as_str().starts_with("http")).ok_or_else(form)?;
    Ok((origin, base))
}
