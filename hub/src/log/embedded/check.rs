//! Checks a log that nobody has open, and makes a new one from what is left of a damaged one.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use redb::Builder;

use super::{
    opening::{OpenError, guarded},
    overlay::Overlay,
    salvage::{Found, Survey, rebuild, scan, seals},
    store,
    volume::Folder,
};
use crate::{selector::is_prefix, spans::Spans};

/// What was found in a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// How many events can be read.
    pub events: u64,
    /// How many events cannot, at least.
    pub missing: u64,
    /// The topics that events are missing of, and the sequence of the last of them.
    pub topics: Vec<(String, u64)>,
    /// What is wrong with the structure of the file; `None` where nothing is.
    pub structure: Option<String>,
    /// Where the damaged file is kept, once a new one was made of what can be read.
    pub kept: Option<PathBuf>,
}

impl Report {
    /// Whether nothing is damaged.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.structure.is_none() && self.missing == 0
    }
}

/// Checks the log of a folder without changing it; if it is damaged and `repair` says so, makes a new
/// one of what can be read, and keeps the old file beside it.
///
/// # Errors
/// Where there is no log, another process has it, or the disk refuses.
pub fn check(folder: &Path, repair: bool) -> Result<Report, OpenError> {
    if !folder.is_dir() {
        return Err(OpenError::File(folder.into(), std::io::ErrorKind::NotFound.into()));
    }
    let folder = Folder::take(folder)?;
    let path = folder.file();
    let named = |error| OpenError::File(path.clone(), error);
    let file = File::open(&path).map_err(named)?;
    let structure = structure(&path).map_err(|error| error.of(path.clone()))?;
    let (mut found, survey, spans) = best(&file).map_err(named)?;
    let mut report = report(&survey, structure);
    if repair && !report.is_whole() {
        // For a topic of which nothing was found, it is unknown what is missing.
        found.forgotten = found.last;
        let kept = keep(&path).map_err(named)?;
        folder.make_log(|new| rebuild(&found, &file, &survey, spans.as_ref(), new))?;
        report.kept = Some(kept);
    }
    Ok(report)
}

fn report(survey: &Survey, structure: Option<String>) -> Report {
    let lost = survey.lost.iter().filter(|((name, _), _)| !is_prefix(name));
    Report {
        events: survey.events() as u64,
        missing: survey.missing.len() as u64,
        topics: lost.map(|((name, _), through)| (name.clone(), *through)).collect(),
        structure,
        kept: None,
    }
}

/// What is wrong with the structure of a file. It is checked as it would be after a start, which may first
/// have to repair it; all of that happens in memory.
fn structure(path: &Path) -> Result<Option<String>, OpenError> {
    let overlay = Overlay::new(File::open(path)?)?;
    let checked = guarded(|| {
        let mut database = Builder::new().create_with_backend(overlay)?;
        let format = store::check_format(&database)?;
        if format != store::FORMAT {
            return Err(OpenError::Older(format));
        }
        let whole = database.check_integrity()?;
        let seal = store::seal(&database)?;
        store::opened(&database, seal)?;
        Ok(whole)
    });
    match checked {
        Ok(true) => Ok(None),
        Ok(false) => Ok(Some("the file fails its integrity check".into())),
        Err(error @ (OpenError::Older(_) | OpenError::Newer(_))) => Err(error),
        Err(error) => Ok(Some(error.to_string())),
    }
}

/// What the rows are sealed with of which there is most.
fn best(file: &File) -> std::io::Result<(Found, Survey, Option<Spans>)> {
    let mut best: Option<(Found, Survey, Option<Spans>)> = None;
    for seal in seals(file)? {
        let found = scan(file, seal)?;
        let (survey, spans) = found.survey(file)?;
        if best.as_ref().is_none_or(|(_, known, _)| survey.bytes() > known.bytes()) {
            best = Some((found, survey, spans));
        }
    }
    Ok(match best {
        Some(best) => best,
        None => (scan(file, super::row::Seal(0))?, Survey::default(), None),
    })
}

/// Gives a file a second name, under which it is kept.
fn keep(path: &Path) -> std::io::Result<PathBuf> {
    for number in 1_u32.. {
        let kept = path.with_extension(format!("redb.damaged-{number}"));
        match fs::hard_link(path, &kept) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            linked => return linked.map(|()| kept),
        }
    }
    unreachable!("there are not so many")
}
