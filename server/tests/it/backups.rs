//! `belfry backup`, `belfry restore` and `belfry check`, as an operator uses them.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Output,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use rustix::process::Signal;

use crate::{connection::Connection, program::Program, serving::Serving};

/// Runs a command of the program to its end.
fn run(program: &Program, arguments: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = program.command(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

fn serve(program: &Program, folder: &str) -> (Serving, Connection) {
    let serving = program.serves(&["--data-dir", folder]);
    let connection = Connection::open(serving.address, &program.token(folder)).unwrap();
    (serving, connection)
}

fn stop(serving: Serving) {
    serving.signal(Signal::TERM);
    serving.ended();
}

/// What is in topic `a`, with the ids.
fn history(connection: &mut Connection) -> Vec<(String, String)> {
    connection.history("a", "")
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_backup_of_a_running_server_is_of_one_moment_and_comes_back_with_its_ids() {
    let program = Program::new();
    let (serving, mut connection) = serve(&program, "data");
    for number in 0..50 {
        connection.publish("a", &number.to_string()).unwrap().unwrap();
    }
    let (stopped, token) = (AtomicBool::new(false), program.token("data"));
    let address = serving.address;
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut publisher = Connection::open(address, &token).unwrap();
            for number in 50.. {
                publisher.publish("a", &number.to_string()).unwrap().unwrap();
                if stopped.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
        let (code, said, why) = run(&program, &["backup", "saved", "--data-dir", "data"]);
        stopped.store(true, Ordering::Relaxed);
        assert_eq!(code, 0, "{why}");
        assert!(said.ends_with(" events backed up to saved\n"), "{said}");
    });
    let saved = program.folder().join("saved");
    assert_eq!(mode(&saved), 0o600);
    assert_eq!(mode(&program.folder().join("data/backup.sock")), 0o600);
    let all = history(&mut connection);
    stop(serving);

    let (code, said, why) = run(&program, &["restore", "saved", "--data-dir", "other"]);
    assert_eq!(code, 0, "{why}");
    let (serving, mut connection) = serve(&program, "other");
    let restored = history(&mut connection);
    assert!(restored.len() >= 50 && said.starts_with(&format!("{} events", restored.len())));
    assert_eq!(restored, all[..restored.len()]);
    connection.publish("a", "new").unwrap().unwrap();
    let new = history(&mut connection).pop().unwrap().0;
    assert!(all.iter().all(|(id, _)| *id != new), "{new} is given twice");
    stop(serving);
}

#[test]
fn a_backup_is_whole_or_there_is_none_and_nothing_is_overwritten() {
    let program = Program::new();
    let (code, _, why) = run(&program, &["backup", "saved", "--data-dir", "nowhere"]);
    assert_eq!((code, &*why), (1, "belfry: cannot write saved: there is no log in nowhere\n"));
    let (serving, mut connection) = serve(&program, "data");
    connection.publish("a", &"x".repeat(10_000)).unwrap().unwrap();
    connection.publish("a", "last").unwrap().unwrap();
    stop(serving);
    // Nobody has it open: the file is read.
    let (code, said, why) = run(&program, &["backup", "saved", "--data-dir", "data"]);
    assert_eq!((code, &*said), (0, "2 events backed up to saved\n"), "{why}");
    let (code, _, why) = run(&program, &["backup", "saved", "--data-dir", "data"]);
    assert!(code == 1 && why.contains("entity already exists"), "{why}");

    let whole = fs::read(program.folder().join("saved")).unwrap();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    for (what, bytes) in [
        ("cut", &whole[..whole.len() - 1]),
        ("half", &whole[..whole.len() / 2]),
        ("flipped", &flipped),
        ("longer", &[&whole[..], b"x"].concat()),
        ("other", b"something else"),
        ("nothing", b""),
    ] {
        fs::write(program.folder().join("bad"), bytes).unwrap();
        let (code, _, why) = run(&program, &["restore", "bad", "--data-dir", "new"]);
        assert!(code == 1 && why.starts_with("belfry: cannot use bad: "), "{what}: {why}");
        assert!(!program.folder().join("new/log.redb").exists(), "{what}");
    }
    let (code, _, why) = run(&program, &["restore", "saved", "--data-dir", "data"]);
    assert_eq!((code, &*why), (1, "belfry: data/log.redb already exists; move it away first\n"));
}

#[test]
fn a_check_says_what_is_damaged_and_a_repair_keeps_the_rest() {
    let program = Program::new();
    let (serving, mut connection) = serve(&program, "data");
    for number in 0..9 {
        connection.publish("a", &format!("event {number} {}", "x".repeat(999))).unwrap().unwrap();
    }
    let before = history(&mut connection);
    let (code, _, why) = run(&program, &["check", "--data-dir", "data"]);
    assert_eq!((code, &*why), (1, "belfry: another process is using the data directory data\n"));
    stop(serving);
    let (code, said, why) = run(&program, &["check", "--data-dir", "data"]);
    assert_eq!((code, &*said), (0, "the log is intact: 9 events\n"), "{why}");

    // Every copy of it, for the file holds earlier states too.
    let path = program.folder().join("data/log.redb");
    let mut bytes = fs::read(&path).unwrap();
    let found: Vec<_> =
        (0..bytes.len() - 7).filter(|at| bytes[*at..].starts_with(b"event 4")).collect();
    found.iter().for_each(|at| bytes[*at] ^= 1);
    fs::write(&path, &bytes).unwrap();
    let (code, said, why) = run(&program, &["check", "--data-dir", "data"]);
    assert!(code == 1 && why.contains("belfry check --repair"), "{why}");
    assert!(said.starts_with("8 events can be read; at least 1 cannot\n"), "{said}");
    assert!(said.contains("a: events are missing, the last at sequence 5\n"), "{said}");
    assert!(fs::read(&path).unwrap() == bytes, "it was changed");

    let (code, said, why) = run(&program, &["check", "--repair", "--data-dir", "data"]);
    assert!(code == 0 && said.contains("data/log.redb.damaged-1"), "{said}{why}");
    assert!(fs::read(path.with_extension("redb.damaged-1")).unwrap() == bytes);
    let (serving, mut connection) = serve(&program, "data");
    let after = history(&mut connection);
    let expected: Vec<_> = before.iter().filter(|(_, data)| !data.contains("event 4")).collect();
    assert_eq!(after.iter().collect::<Vec<_>>(), expected);
    stop(serving);
}
