//! `belfry backup`, `belfry restore` and `belfry check`: the commands for a data directory.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use belfry_hub::{
    Clock,
    log::{
        Embedded, Log, Retention,
        embedded::{self, OpenError, Report},
    },
    tail,
};
use clap::Args;

use crate::{
    backup,
    config::{DataDir, Setting},
    failure::Failure,
    stdout::print_line,
};

pub(crate) const AFTER_HELP: &str = "\
Exit codes:
  0 done    1 failed, or the log is damaged    2 invalid arguments";

/// Which data directory.
#[derive(Clone, Debug, Args)]
pub struct Folder {
    /// Directory that holds the log [default: ${XDG_DATA_HOME:-~/.local/share}/belfry]
    #[arg(long, env = "BELFRY_DATA_DIR", hide_env_values = true, value_name = "DIRECTORY")]
    data_dir: Option<Setting>,
}

impl Folder {
    fn find(self, look_up: impl Fn(&str) -> Option<String>) -> Result<PathBuf, Failure> {
        Ok(DataDir::find(self.data_dir, look_up)?.folder()?)
    }
}

/// Where to write a backup.
#[derive(Clone, Debug, Args)]
pub struct BackupFlags {
    #[command(flatten)]
    folder: Folder,
    /// File to write; it must not exist
    file: PathBuf,
}

/// Which backup to restore.
#[derive(Clone, Debug, Args)]
pub struct RestoreFlags {
    #[command(flatten)]
    folder: Folder,
    /// Backup to restore
    file: PathBuf,
}

/// What to check.
#[derive(Clone, Debug, Args)]
pub struct CheckFlags {
    #[command(flatten)]
    folder: Folder,
    /// Rebuild the log from what can be read, and keep the damaged file beside it
    #[arg(long)]
    repair: bool,
}

/// Writes a backup, of a log that is being served or of one that nobody has open.
///
/// # Errors
/// Where it cannot be written whole: then there is none.
pub fn backup(
    flags: BackupFlags,
    look_up: impl Fn(&str) -> Option<String>,
    out: impl Write,
) -> Result<(), Failure> {
    let BackupFlags { folder, file } = flags;
    let folder = folder.find(look_up)?;
    let named =
        |error: io::Error| Failure::new(format!("cannot write {}: {error}", file.display()));
    if file.symlink_metadata().is_ok() {
        return Err(named(io::ErrorKind::AlreadyExists.into()));
    }
    let unfinished = PathBuf::from(format!("{}.unfinished", file.display()));
    let written = (|| {
        let mut options = OpenOptions::new();
        let mut to =
            options.create(true).truncate(true).write(true).mode(0o600).open(&unfinished)?;
        read_log(&folder, &mut to)?;
        to.sync_all()?;
        let events = embedded::verify(&unfinished)?;
        fs::rename(&unfinished, &file)?;
        let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
        File::open(parent.unwrap_or(Path::new(".")))?.sync_all()?;
        Ok(events)
    })();
    if written.is_err() {
        // It may not exist yet.
        let _ = fs::remove_file(&unfinished);
    }
    let events = written.map_err(named)?;
    print_line(out, &format!("{} backed up to {}", counted(events), file.display()))
}

/// Reads the log from the server that has it open, or from disk if none has.
fn read_log(folder: &Path, to: &mut File) -> io::Result<()> {
    if !folder.join("log.redb").exists() {
        return Err(io::Error::other(format!("there is no log in {}", folder.display())));
    }
    let (clock, tail) = (Clock::system(), tail::Bounds::default());
    match Embedded::open(folder, clock, Retention::all(), tail) {
        Ok(log) => {
            let copy = to.try_clone()?;
            let runtime = tokio::runtime::Builder::new_current_thread().build()?;
            runtime.block_on(log.back_up(Box::new(io::BufWriter::new(copy)))).map(|_| ())
        }
        Err(OpenError::InUse(_)) => backup::read(folder, to).map_err(|error| {
            let folder = folder.display();
            io::Error::other(format!("the server using {folder} did not provide a backup: {error}"))
        }),
        Err(error) => Err(io::Error::other(error.to_string())),
    }
}

/// Makes a log from a backup.
///
/// # Errors
/// If there is a log already, or the backup is incomplete: then nothing was created.
pub fn restore(
    flags: RestoreFlags,
    look_up: impl Fn(&str) -> Option<String>,
    out: impl Write,
) -> Result<(), Failure> {
    let folder = flags.folder.find(look_up)?;
    let events = embedded::restore(&flags.file, &folder).map_err(Failure::new)?;
    print_line(out, &format!("{} restored to {}", counted(events), folder.display()))
}

/// Reports what is damaged, and repairs it if asked to.
///
/// # Errors
/// If something is damaged and was not repaired, or if the log cannot be checked.
pub fn check(
    flags: CheckFlags,
    look_up: impl Fn(&str) -> Option<String>,
    mut out: impl Write,
) -> Result<(), Failure> {
    let folder = flags.folder.find(look_up)?;
    let report = embedded::check(&folder, flags.repair).map_err(Failure::new)?;
    for line in lines(&report) {
        print_line(&mut out, &line)?;
    }
    if report.is_whole() || report.kept.is_some() {
        return Ok(());
    }
    Err(Failure::new(
        "the log is damaged; `belfry check --repair` rebuilds it from what can be read",
    ))
}

fn counted(events: u64) -> String {
    if events == 1 { "1 event".to_owned() } else { format!("{events} events") }
}

fn lines(report: &Report) -> Vec<String> {
    let Report { events, missing, topics, structure, kept } = report;
    if report.is_whole() {
        return vec![format!("the log is intact: {}", counted(*events))];
    }
    let mut lines = vec![match missing {
        0 => format!("{} can be read", counted(*events)),
        _ => format!("{} can be read; at least {missing} cannot", counted(*events)),
    }];
    lines.extend(structure.as_ref().map(|what| format!("file structure: {what}")));
    for (topic, through) in topics {
        lines.push(format!("{topic}: events are missing, the last at sequence {through}"));
    }
    lines.extend(kept.as_ref().map(|kept| {
        format!("rebuilt the log from what can be read; the damaged file is now {}", kept.display())
    }));
    lines
}
