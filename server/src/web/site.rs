//! The site folder: where the wasm, the styles and the icons are, and under which names.

use std::{
    env, fmt, fs, io,
    path::{Path, PathBuf},
};

/// What the page loads, and where from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The folder that is served under `/`.
    pub root: PathBuf,
    /// The JavaScript that loads the wasm, as a path on the server: `/pkg/belfry.abc.js`.
    pub script: String,
    /// The browser's half, as a path on the server.
    pub wasm: String,
    /// The style sheet, as a path on the server.
    pub style: String,
    /// The names carry a hash of the content, so that a browser may keep them for ever.
    pub hashed: bool,
}

/// Why there is no site to serve.
#[derive(Debug)]
pub enum SiteError {
    /// The list of hashes beside the binary cannot be read.
    Hashes(PathBuf, io::Error),
    /// The list of hashes does not name one of `js`, `wasm` and `css`.
    Unnamed(PathBuf, &'static str),
    /// A file that the page loads is not there.
    Missing(PathBuf),
}

impl fmt::Display for SiteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hashes(path, error) => write!(f, "cannot read {}: {error}", path.display())?,
            Self::Unnamed(path, kind) => write!(f, "{} lists no {kind} file", path.display())?,
            Self::Missing(path) => {
                write!(f, "the site file {} is missing", path.display())?;
                return f.write_str(
                    "; run `make build`, then start belfry in the root of its repository, or pass \
                     the path of target/site as --site",
                );
            }
        }
        f.write_str(
            "; `make build` writes it beside target/release/belfry: run that binary or a link to it, \
             not a copy",
        )
    }
}

impl std::error::Error for SiteError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Hashes(_, error) => Some(error),
            Self::Unnamed(..) | Self::Missing(_) => None,
        }
    }
}

impl Site {
    /// Finds the site in `root`. `hashes` is the list that cargo-leptos writes beside the binary;
    /// `None` where the names carry no hash.
    ///
    /// # Errors
    /// Where the list or a file that the page loads is missing.
    pub fn find(root: &Path, hashes: Option<&Path>) -> Result<Self, SiteError> {
        let read = |path: &Path| {
            fs::read_to_string(path).map_err(|error| SiteError::Hashes(path.into(), error))
        };
        let list = hashes.map(|path| Ok((path, read(path)?))).transpose()?;
        let name = |kind: &'static str| match &list {
            None => Ok(format!("/pkg/belfry.{kind}")),
            Some((path, list)) => {
                let hash = list
                    .lines()
                    .filter_map(|line| line.split_once(':'))
                    .find_map(|(name, hash)| (name.trim() == kind).then_some(hash.trim()))
                    .ok_or_else(|| SiteError::Unnamed((*path).into(), kind))?;
                Ok(format!("/pkg/belfry.{hash}.{kind}"))
            }
        };
        let site = Self {
            root: root.into(),
            script: name("js")?,
            wasm: name("wasm")?,
            style: name("css")?,
            hashed: hashes.is_some(),
        };
        for path in [&site.script, &site.wasm, &site.style] {
            let file = root.join(path.trim_start_matches('/'));
            if !file.is_file() {
                return Err(SiteError::Missing(file));
            }
        }
        Ok(site)
    }

    /// Where cargo-leptos writes the list of hashes: `hash.txt` beside the binary.
    #[must_use]
    pub fn hashes_beside_binary() -> PathBuf {
        env::current_exe().unwrap_or_default().with_file_name("hash.txt")
    }
}
