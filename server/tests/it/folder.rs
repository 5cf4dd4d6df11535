//! The data directory as an operator meets it: in use, of a newer version, damaged, not writable.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
};

use belfry_hub::{
    Clock, Log,
    log::{Embedded, Retention, embedded::OpenError},
    tail,
};
use fastrand::Rng;
use redb::{Database, TableDefinition};
use rustix::process::geteuid;
use tempfile::TempDir;
use tokio::time::timeout;

use crate::{
    life::{BOUND, draft, everything, topic},
    program::Program,
};

fn open(folder: &Path) -> Result<Embedded, OpenError> {
    Embedded::open(folder, Clock::system(), Retention::default(), tail::Bounds::default())
}

/// A log with some events, closed, and its file's bytes.
fn make(folder: &Path, events: u32) -> Vec<u8> {
    let log = open(folder).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for number in 0..events {
        let data = number.to_string().repeat(200);
        runtime.block_on(log.append(draft("a", &data), None)).unwrap();
    }
    drop(log);
    fs::read(folder.join("log.redb")).unwrap()
}

/// Starts the program, which has to end with one line and code 1. Returns the line.
fn refused(program: &Program, data_dir: &str) -> String {
    let (code, log) =
        program.ends(&["serve", "--listen", "127.0.0.1:0", "--site", ".", "--data-dir", data_dir]);
    assert!(code == 1 && log.lines().count() == 1, "{code}: {log}");
    assert!(log.starts_with("belfry: ") && !log.contains("panic"), "{log}");
    log
}

#[test]
fn a_second_process_is_refused() {
    let program = Program::new();
    let serving = program.serves(&["--data-dir", "data"]);
    let said = refused(&program, "data");
    assert_eq!(said, "belfry: another process is using the data directory data\n");
    // The first does not mind.
    drop(serving.reader());
}

#[test]
fn a_log_of_a_newer_format_is_refused_and_left_as_it_is() {
    let program = Program::new();
    let folder = program.folder().join("data");
    make(&folder, 3);
    let file = folder.join("log.redb");
    let database = Database::open(&file).unwrap();
    let transaction = database.begin_write().unwrap();
    let meta = TableDefinition::<&str, u64>::new("meta");
    transaction.open_table(meta).unwrap().insert("format", 3).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let before = fs::read(&file).unwrap();
    let said = refused(&program, "data");
    assert!(said.contains("the log has format 3"), "{said}");
    assert!(fs::read(&file).unwrap() == before, "it was changed");
}

#[test]
fn what_is_no_log_is_refused_and_left_as_it_is() {
    let program = Program::new();
    let folder = program.folder().join("data");
    let whole = make(&folder, 500);
    let file = folder.join("log.redb");
    let mut garbage = vec![0; 5000];
    Rng::with_seed(1).fill(&mut garbage);
    let mut torn = whole.clone();
    // Where the trees begin.
    torn[4096..8 * 4096].fill(0xA5);
    for (what, bytes) in [
        ("garbage", &garbage[..]),
        ("nothing", &[]),
        ("half", &whole[..whole.len() / 2]),
        ("torn", &torn),
    ] {
        fs::write(&file, bytes).unwrap();
        let said = refused(&program, "data");
        assert!(said.contains("log.redb"), "{what}: {said}");
        assert!(fs::read(&file).unwrap() == bytes, "{what} was changed: {said}");
    }
    fs::write(&file, whole).unwrap();
    assert_eq!(open(&folder).unwrap().tail().last(), 500);
}

#[test]
fn whatever_is_damaged_everyone_gets_an_answer() {
    let folder = TempDir::new().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let (mut refused, mut failed) = (0, 0);
    let whole = make(folder.path(), 300);
    for seed in 0..200 {
        let mut random = Rng::with_seed(seed);
        let mut bytes = whole.clone();
        match seed % 3 {
            0 => bytes.truncate(random.usize(..bytes.len())),
            1 => {
                let at = random.usize(..bytes.len() - 600);
                random.fill(&mut bytes[at..at + 512]);
            }
            // The header, where it hurts most.
            _ => (0..random.u8(1..9)).for_each(|_| bytes[random.usize(..600)] = random.u8(..)),
        }
        fs::write(folder.path().join("log.redb"), bytes).unwrap();
        let Ok(log) = open(folder.path()) else {
            refused += 1;
            continue;
        };
        let asked = async {
            let published = log.append(draft("a", "1"), None).await;
            let purged = log.purge(topic("a"), u64::MAX).await;
            let read = log.topics(everything()).await;
            published.is_ok() && purged.is_ok() && read.is_ok()
        };
        let answered = runtime.block_on(async { timeout(BOUND, asked).await });
        let answered = answered.unwrap_or_else(|_| panic!("seed {seed}: no answer"));
        failed += u32::from(!answered);
    }
    // Most of what is opened works all the same; see damage.rs for what is read then.
    assert!(refused > 20 && failed < 50, "{refused} refused, {failed} failed");
}

#[test]
fn a_start_that_was_interrupted_is_begun_again() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("log.redb.new"), "half a log").unwrap();
    assert_eq!(make(folder.path(), 1).len() % 4096, 0);
    assert!(!folder.path().join("log.redb.new").exists());
    assert_eq!(open(folder.path()).unwrap().tail().last(), 1);
}

#[test]
fn the_data_directory_is_for_its_owner_alone() {
    let program = Program::new();
    let serving = program.serves(&["--data-dir", "deep/in/data"]);
    for made in ["deep", "deep/in", "deep/in/data"] {
        let mode = fs::metadata(program.folder().join(made)).unwrap().mode();
        assert_eq!(mode & 0o777, 0o700, "{made}");
    }
    drop(serving);
}

#[test]
fn what_cannot_be_written_is_named() {
    let program = Program::new();
    fs::write(program.folder().join("file"), "").unwrap();
    let said = refused(&program, "file");
    assert_eq!(said, "belfry: cannot use file: File exists (os error 17)\n");
    if !geteuid().is_root() {
        let folder = program.folder().join("closed");
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o500)).unwrap();
        let said = refused(&program, "closed");
        assert_eq!(said, "belfry: cannot use closed/lock: Permission denied (os error 13)\n");
    }
}

#[test]
fn needs_root_a_volume_that_is_read_only_is_named() {
    assert!(geteuid().is_root(), "needs root; or skip it: cargo test -- --skip needs_root");
    let program = Program::new();
    let volume = crate::full::Volume::mount(&program.folder().join("volume"), "ro,size=1m");
    let said = refused(&program, "volume");
    assert_eq!(said, "belfry: cannot use volume/lock: Read-only file system (os error 30)\n");
    drop(volume);
}
