//! A disk that hangs: health checks report it, publishers get an answer, and the program can be ended.

use std::{
    fs,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    body::Body,
    http::{Request, StatusCode, header::AUTHORIZATION},
};
use belfry_hub::{Clock, Log, log::AppendError};
use rustix::process::Signal;
use tokio::time::{self, sleep};

use crate::{
    connection::Connection,
    disk::{Disk, Kind},
    life::{BOUND, all_of, draft, open},
    program::Program,
    serving::Serving,
    world::{BEGIN, World, text},
};

const SECOND: Duration = Duration::from_secs(1);

/// Waits, in real time, for what happens on the writer's thread.
fn wait_for(what: &str, mut so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < BOUND, "{what} takes too long");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Releases a disk when it is dropped: a log on one that hangs cannot be closed, nor a test that fails end.
struct Released(Disk);

impl Drop for Released {
    fn drop(&mut self) {
        self.0.release();
    }
}

/// The application on a disk, in virtual time.
fn on(disk: &Disk) -> (World, Arc<dyn Log>) {
    let log: Arc<dyn Log> = Arc::new(open(disk).unwrap());
    (World::with_log(Clock::starting_at(BEGIN), 3600 * SECOND, log.clone()), log)
}

fn publish(world: &World) -> Request<Body> {
    let token = format!("Bearer {}", world.token(&["*"], &[]));
    Request::post("/topics/a").header(AUTHORIZATION, token).body("1".into()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_publish_is_answered_though_the_disk_is_not_there() {
    let disk = Disk::new(1);
    let (world, log) = on(&disk);
    let _released = Released(disk.clone());
    disk.hang(Kind::Sync);
    // Once nothing else is to be done, virtual time jumps to the deadline.
    let begun = time::Instant::now();
    let answer = world.ask(publish(&world)).await;
    assert_eq!(begun.elapsed().as_secs(), 10);
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers()["retry-after"], "2");
    let said = text(answer).await;
    assert!(
        said.contains("did not respond within 10s") && said.contains("Idempotency-Key"),
        "{said}"
    );
    disk.release();
    wait_for("the commit", || log.tail().last() == 1);
}

#[tokio::test(start_paused = true)]
async fn waiting_for_others_counts_towards_the_deadline() {
    let disk = Disk::new(1);
    let (world, log) = on(&disk);
    let _released = Released(disk.clone());
    disk.hang(Kind::Sync);
    // More than may wait for the disk at once.
    let large = "x".repeat(1 << 20);
    let publishing = (0..40).map(|_| world.hub.publish(draft("a", &large), None));
    let begun = time::Instant::now();
    let answers = futures::future::join_all(publishing).await;
    assert_eq!(begun.elapsed().as_secs(), 10);
    assert!(answers.iter().all(|one| *one == Err(AppendError::Late(10 * SECOND))), "{answers:?}");
    disk.release();
    // Those that had to wait, and gave up, never were handed in.
    wait_for("the commits", || log.tail().last() == 31);
    assert_eq!(log.append(draft("a", "1"), None).await.map(|id| id.sequence), Ok(32));
}

#[test]
fn health_follows_the_oldest_commit_that_has_no_answer() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        for kind in [Kind::Sync, Kind::Room] {
            let disk = Disk::new(1);
            let log = Arc::new(open(&disk).unwrap());
            let _released = Released(disk.clone());
            log.append(draft("a", "1"), None).await.unwrap();
            disk.hang(kind);
            let begun = Instant::now();
            let appending = tokio::spawn({
                let log = log.clone();
                async move { log.append(draft("a", "2"), None).await }
            });
            while log.ready().is_ok() {
                assert!(begun.elapsed() < BOUND, "{kind:?} hangs and is healthy");
                sleep(Duration::from_millis(5)).await;
            }
            assert!(begun.elapsed() >= 2 * SECOND, "{kind:?}: after {:?}", begun.elapsed());
            let why = log.ready().unwrap_err().to_string();
            assert!(why.contains("the disk has not responded for 2 s"), "{why}");
            // What is there can be read.
            assert_eq!(all_of(&log, "a").await.0.len(), 1);
            disk.release();
            assert_eq!(appending.await.unwrap().map(|id| id.sequence), Ok(2));
            assert_eq!(log.ready(), Ok(()));
        }
    });
}

#[test]
fn health_is_known_where_nobody_publishes() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let disk = Disk::new(1);
        let log = open(&disk).unwrap();
        let _released = Released(disk.clone());
        log.append(draft("a", "1"), None).await.unwrap();
        // The commit of a quiet moment.
        disk.hang(Kind::Sync);
        wait_for("the commit", || disk.hangs());
        wait_for("the disk's silence", || log.ready().is_err());
        disk.release();
        wait_for("the disk's return", || log.ready().is_ok());
        // Room is looked for though nobody needs it.
        disk.set_room(0);
        wait_for("the look for room", || log.ready().is_err());
        disk.set_room(u64::MAX);
        wait_for("the look for room", || log.ready().is_ok());
    });
}

/// A `fdatasync` that hangs as long as the folder in which the program runs holds a file `hung`.
const HANGING: &str = "
#include <unistd.h>
int fdatasync(int file) {
    while (access(\"hung\", F_OK) == 0)
        usleep(1000);
    return fsync(file);
}
";

/// The program with that, on a disk that hangs from now on; and a connection to it.
fn on_a_disk_that_hangs(program: &Program) -> (Serving, Connection) {
    let (source, made) = (program.folder().join("hanging.c"), program.folder().join("hanging.so"));
    fs::write(&source, HANGING).unwrap();
    let compiled =
        Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&made, &source]).status();
    assert!(compiled.unwrap().success());
    let mut command =
        program.command(&["--listen", "127.0.0.1:0", "--site", ".", "--data-dir", "data"]);
    command.args(["--publish-deadline", "3s", "--drain", "3s"]).env("LD_PRELOAD", made);
    let serving = Serving::start(command);
    let mut connection = Connection::open(serving.address, &program.token("data")).unwrap();
    connection.publish("a", "1").unwrap().unwrap();
    fs::write(program.folder().join("hung"), "").unwrap();
    (serving, connection)
}

#[test]
fn a_program_whose_disk_hangs_says_so_and_goes_on_when_it_is_back() {
    let program = Program::new();
    let (serving, mut connection) = on_a_disk_that_hangs(&program);
    let mut probe = Connection::open(serving.address, "").unwrap();
    let begun = Instant::now();
    let publishing =
        std::thread::spawn(move || (connection.publish("a", "2").unwrap(), connection));
    wait_for("the probe", || probe.ask("GET", "/readyz", "").unwrap().status == 503);
    assert!(begun.elapsed() >= 2 * SECOND, "after {:?}", begun.elapsed());
    let (answer, mut connection) = publishing.join().unwrap();
    let answer = answer.unwrap_err();
    assert!(answer.status == 503 && answer.head.contains("retry-after: 2"), "{answer:?}");
    assert!(answer.body.contains("the same Idempotency-Key"), "{answer:?}");
    fs::remove_file(program.folder().join("hung")).unwrap();
    wait_for("the disk's return", || probe.ask("GET", "/readyz", "").unwrap().status == 200);
    // As it was said: it is there all the same.
    let there = connection.history("a", "");
    assert_eq!(there.iter().map(|(_, data)| &**data).collect::<Vec<_>>(), ["1", "2"]);
}

#[test]
fn a_disk_that_hangs_keeps_no_program_from_ending() {
    for (signals, bound) in
        [(&[Signal::TERM, Signal::INT][..], 5), (&[Signal::INT], 5), (&[Signal::TERM], 6)]
    {
        let program = Program::new();
        let (serving, mut connection) = on_a_disk_that_hangs(&program);
        // Gives up first, so that nothing but the log keeps the program.
        connection.publish("a", "2").unwrap().unwrap_err();
        let begun = Instant::now();
        for (number, signal) in signals.iter().enumerate() {
            if number > 0 {
                serving.logged("draining");
            }
            serving.signal(*signal);
        }
        let (code, log) = serving.ended();
        assert_eq!(code, 0, "{log}");
        let took = begun.elapsed();
        assert!(took < bound * SECOND, "{signals:?}: {took:?}");
        // What the first allows was waited for.
        assert_eq!(log.contains("shutdown timed out"), signals.len() == 1, "{log}");
    }
}
