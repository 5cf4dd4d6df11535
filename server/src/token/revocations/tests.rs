//! The list of revocations with its file: what is stored, found again, and shared by several processes.

use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    os::{
        fd::AsRawFd,
        unix::fs::{PermissionsExt, symlink},
    },
    path::PathBuf,
};

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use tempfile::TempDir;
use tokio::{runtime, task::yield_now, time::timeout};

use super::{known::now, *};

/// A number's entry that expires in an hour.
fn of(number: u128) -> Entry {
    Entry::Credential { number, until: now() + 3600 }
}

fn grant(number: u128) -> Grant {
    Grant { credentials: vec![number], ..Grant::default() }
}

fn path(folder: &TempDir) -> PathBuf {
    folder.path().join("revoked")
}

fn lines(folder: &TempDir) -> usize {
    fs::read_to_string(path(folder)).unwrap().lines().count()
}

/// Which of these numbers are revoked.
fn revoked(revocations: &Revocations, numbers: impl IntoIterator<Item = u128>) -> Vec<u128> {
    numbers.into_iter().filter(|number| revocations.revokes(&grant(*number))).collect()
}

#[tokio::test]
async fn what_is_revoked_is_found_again_and_is_its_owners_alone() {
    let folder = TempDir::new().unwrap();
    let revocations = Revocations::open(folder.path()).unwrap();
    assert_eq!(revoked(&revocations, 0..9), []);
    for number in [1, 2, 2] {
        revocations.add(of(number)).await.unwrap();
        let again = Revocations::open(folder.path()).unwrap();
        assert_eq!(revoked(&again, 0..9), (1..=number).collect::<Vec<_>>());
    }
    assert_eq!(revoked(&revocations, 0..9), [1, 2]);
    assert_eq!(fs::metadata(path(&folder)).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(lines(&folder), 2, "it was rewritten");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn what_has_expired_is_forgotten_when_the_list_is_opened() {
    let folder = TempDir::new().unwrap();
    for number in 0..9 {
        let until = now() - if number < 7 { 2 * 24 * 3600 } else { 3600 };
        Revocations::append(folder.path(), Entry::Credential { number, until }).unwrap();
    }
    let revocations = Revocations::open(folder.path()).unwrap();
    assert_eq!((revoked(&revocations, 0..9), lines(&folder)), (vec![7, 8], 2));
    // And where it is in use, once there is much of it.
    for number in 10..2000 {
        let until = now() - 2 * 24 * 3600;
        let entry = Entry::Credential { number, until };
        fs::write(path(&folder), fs::read_to_string(path(&folder)).unwrap() + &entry.line())
            .unwrap();
        if number % 500 == 0 {
            revocations.add(of(number)).await.unwrap();
        }
    }
    assert!(lines(&folder) < 1100, "{}", lines(&folder));
    let again = Revocations::open(folder.path()).unwrap();
    assert_eq!(revoked(&again, 0..2000), [7, 8, 500, 1000, 1500]);
}

#[tokio::test]
async fn what_others_append_is_taken_in_and_kept() {
    let folder = TempDir::new().unwrap();
    let one = Revocations::open(folder.path()).unwrap();
    let other = Revocations::open(folder.path()).unwrap();
    Revocations::append(folder.path(), of(1)).unwrap();
    other.add(of(2)).await.unwrap();
    assert_eq!(revoked(&other, 0..9), [1, 2]);
    assert_eq!(revoked(&one, 0..9), []);
    one.0.read().unwrap();
    assert_eq!(revoked(&one, 0..9), [1, 2]);
    // A file that was rewritten is read from its beginning.
    for _ in 0..9 {
        other.add(of(3)).await.unwrap();
    }
    let again = Revocations::open(folder.path()).unwrap();
    again.add(of(4)).await.unwrap();
    for each in [&one, &other] {
        each.0.read().unwrap();
        assert_eq!(revoked(each, 0..9), [1, 2, 3, 4]);
    }
    other.add(of(5)).await.unwrap();
    let again = Revocations::open(folder.path()).unwrap();
    assert_eq!(revoked(&again, 0..9), [1, 2, 3, 4, 5]);
}

#[test]
fn many_may_append_while_the_file_is_rewritten() {
    let folder = TempDir::new().unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let folder = folder.path();
            scope.spawn(move || {
                for number in 0..50 {
                    for _ in 0..2 {
                        Revocations::append(folder, of(thread * 50 + number)).unwrap();
                    }
                    if number % 5 == 0 {
                        // It removes what is there twice.
                        Revocations::open(folder).unwrap();
                    }
                }
            });
        }
    });
    let revocations = Revocations::open(folder.path()).unwrap();
    assert_eq!(revoked(&revocations, 0..200).len(), 200);
}

#[tokio::test]
async fn half_a_line_was_never_confirmed_and_is_removed() {
    let folder = TempDir::new().unwrap();
    let revocations = Revocations::open(folder.path()).unwrap();
    revocations.add(of(1)).await.unwrap();
    let line = of(2).line();
    for half in [&line[..1], &line[..line.len() - 1], "\0\0\0"] {
        let mut file = OpenOptions::new().append(true).open(path(&folder)).unwrap();
        file.write_all(half.as_bytes()).unwrap();
        revocations.0.read().unwrap();
        revocations.add(of(3)).await.unwrap();
        file.write_all(half.as_bytes()).unwrap();
        let again = Revocations::open(folder.path()).unwrap();
        assert_eq!(revoked(&again, 0..9), [1, 3], "{half:?}");
        again.add(of(3)).await.unwrap();
        assert!(Revocations::open(folder.path()).is_ok(), "{half:?}");
    }
}

#[tokio::test]
async fn a_damaged_list_is_not_used_and_what_is_known_stays_revoked() {
    let folder = TempDir::new().unwrap();
    let revocations = Revocations::open(folder.path()).unwrap();
    for number in 1..4 {
        revocations.add(of(number)).await.unwrap();
    }
    let mut bytes = fs::read(path(&folder)).unwrap();
    let second = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 40;
    bytes[second] ^= 1;
    fs::write(path(&folder), &bytes).unwrap();
    let why = Revocations::open(folder.path()).unwrap_err().to_string();
    let expected = format!(
        "cannot use the list of revocations {}: line 2 is damaged; restore the file from a copy, or \
         delete the line: what it revoked is then valid again",
        path(&folder).display()
    );
    assert_eq!(why, expected);
    assert_eq!(Revocations::append(folder.path(), of(9)).unwrap_err().to_string(), expected);
    assert!(fs::read(path(&folder)).unwrap() == bytes, "it was changed");
    assert_eq!(revoked(&revocations, 0..9), [1, 2, 3]);

    fs::write(path(&folder), "something else\n").unwrap();
    let error = revocations.add(of(4)).await.unwrap_err().to_string();
    assert!(error.contains("line 1 is damaged"), "{error}");
    assert_eq!(revoked(&revocations, 0..9), [1, 2, 3, 4]);
}

#[tokio::test]
async fn a_file_that_is_gone_is_written_again() {
    let folder = TempDir::new().unwrap();
    let revocations = Revocations::open(folder.path()).unwrap();
    revocations.add(of(1)).await.unwrap();
    fs::remove_file(path(&folder)).unwrap();
    revocations.0.read().unwrap();
    revocations.add(of(2)).await.unwrap();
    assert_eq!(revoked(&Revocations::open(folder.path()).unwrap(), 0..9), [1, 2]);
    // And where that cannot be, it is said.
    let gone = folder.path().join("gone");
    fs::create_dir(&gone).unwrap();
    let revocations = Revocations::open(&gone).unwrap();
    fs::remove_dir_all(&gone).unwrap();
    assert!(revocations.add(of(1)).await.is_err());
    assert_eq!(revoked(&revocations, 0..9), [1]);
}

#[tokio::test]
async fn whoever_listens_hears_of_what_was_revoked_before_and_after() {
    let revocations = Revocations::default();
    let mut heard = revocations.heard(&grant(1));
    assert!((&mut heard).now_or_never().is_none());
    revocations.add(of(2)).await.unwrap();
    assert!((&mut heard).now_or_never().is_none());
    revocations.add(of(1)).await.unwrap();
    assert!(heard.now_or_never().is_some());
    assert!(revocations.heard(&grant(1)).now_or_never().is_some());
    assert!(revocations.heard(&Grant::default()).now_or_never().is_none());
}

#[tokio::test]
async fn a_file_that_takes_the_place_of_another_is_not_taken_for_it() {
    let folder = TempDir::new().unwrap();
    let one = Revocations::open(folder.path()).unwrap();
    one.add(of(1)).await.unwrap();
    // The second may get the number of the first, which would be free.
    for round in 1..20 {
        for _ in 0..2 {
            fs::write(folder.path().join("other"), of(round * 100).line().repeat(3)).unwrap();
            fs::rename(folder.path().join("other"), path(&folder)).unwrap();
        }
        one.0.read().unwrap();
        assert!(one.revokes(&grant(round * 100)));
    }
}

#[tokio::test]
async fn a_file_that_was_deleted_and_recreated_is_completed() {
    let folder = TempDir::new().unwrap();
    let server = Revocations::open(folder.path()).unwrap();
    let expired = Entry::Credential { number: 7, until: now() - 2 * 24 * 3600 };
    for entry in [of(1), of(2), expired] {
        server.add(entry).await.unwrap();
    }
    let recreate = |number| {
        fs::remove_file(path(&folder)).unwrap();
        Revocations::append(folder.path(), of(number)).unwrap();
        assert_eq!(lines(&folder), 1);
    };
    let again = || revoked(&Revocations::open(folder.path()).unwrap(), 0..9);
    recreate(3);
    server.0.read().unwrap();
    assert_eq!((lines(&folder), again()), (3, vec![1, 2, 3]));
    recreate(4);
    server.add(of(5)).await.unwrap();
    assert_eq!((lines(&folder), again()), (5, vec![1, 2, 3, 4, 5]));
    server.0.read().unwrap();
    assert_eq!((lines(&folder), revoked(&server, 0..9)), (5, vec![1, 2, 3, 4, 5]));
}

#[tokio::test]
async fn what_others_appended_counts_although_nothing_can_be_written_and_that_is_made_up_for() {
    let folder = TempDir::new().unwrap();
    let mut full = File::from(memfd_create("revoked", MemfdFlags::ALLOW_SEALING).unwrap());
    symlink(format!("/proc/self/fd/{}", full.as_raw_fd()), path(&folder)).unwrap();
    let server = Revocations::open(folder.path()).unwrap();
    server.add(of(1)).await.unwrap();
    full.write_all(of(1).line().as_bytes()).unwrap();
    full.write_all(of(2).line().as_bytes()).unwrap();
    fcntl_add_seals(&full, SealFlags::GROW).unwrap();
    assert!(server.add(of(3)).await.is_err());
    assert_eq!(revoked(&server, 0..9), [1, 2, 3]);
    server.0.read().unwrap();
    // There is room again.
    fs::remove_file(path(&folder)).unwrap();
    fs::write(path(&folder), of(4).line()).unwrap();
    server.add(of(5)).await.unwrap();
    for each in [&server, &Revocations::open(folder.path()).unwrap()] {
        assert_eq!(revoked(each, 0..9), [1, 2, 3, 4, 5]);
    }
}

#[test]
fn what_others_appended_counts_although_the_file_cannot_be_rewritten() {
    let folder = TempDir::new().unwrap();
    let (mut file, known) = (RevocationsFile::new(folder.path()), Known::default());
    file.append(&[of(1)], &known).unwrap();
    fs::create_dir(path(&folder).with_extension("new")).unwrap();
    Revocations::append(folder.path(), of(2)).unwrap();
    assert!(file.compact(0, &known).is_err());
    assert!(known.revokes(&grant(2)));
    Revocations::append(folder.path(), of(3)).unwrap();
    file.tidy(&known);
    assert!(known.revokes(&grant(3)));
}

#[test]
fn those_who_wait_for_their_turn_to_write_hold_no_threads() {
    let mut runtime = runtime::Builder::new_current_thread();
    let runtime = runtime.max_blocking_threads(2).enable_all().build().unwrap();
    let folder = TempDir::new().unwrap();
    runtime.block_on(async {
        let server = Revocations::open(folder.path()).unwrap();
        server.add(of(0)).await.unwrap();
        let others = File::open(path(&folder)).unwrap();
        others.lock().unwrap();
        let mut adding: Vec<_> = (1..9).map(|number| Box::pin(server.add(of(number)))).collect();
        // One hears no answer, and is stored all the same.
        for one in &mut adding {
            assert!(one.now_or_never().is_none());
        }
        drop(adding.pop());
        // All of them begin.
        yield_now().await;
        timeout(WITHIN / 2, spawn_blocking(|| ())).await.expect("all threads wait").unwrap();
        others.unlock().unwrap();
        for one in adding {
            one.await.unwrap();
        }
        server.add(of(9)).await.unwrap();
        let again = Revocations::open(folder.path()).unwrap();
        assert_eq!(revoked(&again, 0..10), (0..10).collect::<Vec<_>>());
    });
}
