//! The log on a disk that fails: whichever operation it is, the log recovers by itself, and nothing that
//! was promised is lost.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use belfry_hub::{
    Clock, Hub, Log, frame::Format, log::AppendError, selector::Selected, tail::Taken,
};
use futures::future::{join, join_all};
use tokio::time::{sleep, timeout};

use crate::{
    disk::{Disk, Fault, Kind},
    life::{BOUND, Life, all_of, draft, everything, open, topic, until_done},
};

const EIO: i32 = 5;
const ENOSPC: i32 = 28;

/// Lets the first operation of a kind fail, then the second and so on, until there are no more.
fn each_fails_in_turn(kind: Option<Kind>, error: i32, times: u64) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    for nth in 1.. {
        let life = Life::named(format!("{kind:?} {nth} fails with {error}, {times} in a row"));
        let disk = Disk::new(nth);
        disk.fail(Fault { kind, nth, times, error });
        runtime.block_on(async {
            // A start that fails is tried again.
            let log = std::iter::repeat_with(|| open(&disk)).take(5).find_map(Result::ok).unwrap();
            life.go_on(&log, &disk).await;
            log.ready().unwrap();
            drop(log);
            let log = open(&disk.copy()).unwrap();
            life.is_kept_by(&log).await;
            life.was_shown_all_of(&log).await;
        });
        if disk.failed() == 0 {
            return nth - 1;
        }
    }
    unreachable!()
}

/// Fails unless it went on until there was nothing left to fail, and that was after `least`.
fn reaches(least: u64, kind: Option<Kind>, error: i32, times: u64) {
    let begun = Instant::now();
    let reached = each_fails_in_turn(kind, error, times);
    println!("{kind:?}: {reached} operations in {:?}", begun.elapsed());
    assert!(reached >= least, "only {reached}");
}

#[test]
fn a_write_that_fails_loses_nothing() {
    reaches(100, Some(Kind::Write), EIO, 1);
}

#[test]
fn a_write_without_room_loses_nothing() {
    reaches(100, Some(Kind::Write), ENOSPC, 1);
}

#[test]
fn a_change_of_length_that_fails_loses_nothing() {
    reaches(1, Some(Kind::Length), EIO, 1);
    reaches(1, Some(Kind::Length), ENOSPC, 1);
}

#[test]
fn a_sync_that_fails_loses_nothing() {
    reaches(20, Some(Kind::Sync), EIO, 1);
    reaches(20, Some(Kind::Sync), ENOSPC, 1);
}

#[test]
fn syncs_that_fail_again_and_again_lose_nothing() {
    reaches(20, Some(Kind::Sync), EIO, 4);
}

#[test]
fn a_read_that_fails_loses_nothing() {
    reaches(20, Some(Kind::Read), EIO, 1);
}

#[test]
fn a_log_that_nobody_writes_recovers_from_a_read_that_failed() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let disk = Disk::new(1);
        let log = open(&disk).unwrap();
        for number in 0..9 {
            log.append(draft("a", &number.to_string()), None).await.unwrap();
        }
        drop(log);
        // The first read of the next log that is not for its opening.
        let log = open(&disk).unwrap();
        disk.fail(Fault { kind: Some(Kind::Read), nth: 1, times: 1, error: EIO });
        let read = async || log.topics(everything()).await;
        read().await.unwrap_err();
        assert_eq!(disk.failed(), 1);
        let works = async {
            while read().await.is_err() {
                sleep(Duration::from_millis(5)).await;
            }
        };
        // The next look at the age of events would find it out too, but later.
        timeout(Duration::from_secs(2), works).await.expect("it can be read again");
    });
}

#[test]
fn the_commit_of_a_quiet_moment_may_fail() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let disk = Disk::new(1);
        let log = open(&disk).unwrap();
        log.append(draft("a", "1"), None).await.unwrap();
        disk.fail(Fault { kind: None, nth: 1, times: 2, error: EIO });
        let failed = async {
            while disk.failed() < 2 {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(BOUND, failed).await.expect("a commit is made though nobody publishes");
        let done = until_done(&disk, || log.append(draft("a", "2"), None)).await;
        assert_eq!(done.map(|id| id.sequence), Some(2));
        log.ready().unwrap();
    });
}

#[test]
fn readers_hear_of_what_retention_took_from_a_commit_without_an_answer() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let gap = |seed| async move {
        let disk = Disk::new(seed);
        let log = open(&disk).unwrap();
        let follower = log.tail().follow(vec![Selected::public(topic("b"))]);
        disk.fail(Fault { kind: Some(Kind::Sync), nth: 1, times: 1, error: EIO });
        let answers = join_all((0..9).map(|_| log.append(draft("b", "1"), None))).await;
        if answers.iter().any(Result::is_ok) {
            // Not all were in the commit that failed: the tail has what came after it, in full.
            return false;
        }
        let took = follower.take(log.cursor(0), Format::Json, usize::MAX);
        let (events, dropped) = all_of(&log, "b").await;
        let behind = matches!(took, Taken::Behind);
        assert_eq!(behind, dropped > 0, "seed {seed}: {took:?}, {events:?}");
        behind && events.len() == 4
    };
    assert!((0..50).any(|seed| runtime.block_on(gap(seed))), "the commit never arrives");
}

#[test]
fn a_panic_of_the_writer_is_answered_and_recovered_from() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let disk = Disk::new(1);
        let log = open(&disk).unwrap();
        log.append(draft("a", "1"), None).await.unwrap();
        disk.panic_when_asked_for_room();
        let refused = timeout(BOUND, log.append(draft("a", "2"), None)).await.expect("an answer");
        assert!(matches!(refused, Err(AppendError::Unavailable(_))), "{refused:?}");
        let done = until_done(&disk, || log.append(draft("a", "3"), None)).await;
        assert_eq!(done.map(|id| id.sequence), Some(2));
        log.ready().unwrap();
    });
}

#[test]
fn without_room_everything_is_refused_but_reading() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let disk = Disk::new(1);
        let log = open(&disk).unwrap();
        log.append(draft("p", "1"), None).await.unwrap();
        disk.set_room(2 << 20);
        assert_eq!(log.append(draft("a", "2"), None).await, Err(AppendError::Full));
        log.ready().unwrap_err();
        // There is some left for removing.
        assert_eq!(log.purge(topic("p"), u64::MAX).await, Ok(1));
        disk.set_room(0);
        assert_eq!(log.purge(topic("p"), u64::MAX).await, Err(AppendError::Full));
        assert_eq!(all_of(&log, "p").await, (vec![], 1));
        disk.set_room(u64::MAX);
        assert_eq!(log.append(draft("a", "2"), None).await.map(|id| id.sequence), Ok(2));
        log.ready().unwrap();
    });
}

#[test]
fn what_a_purge_says_has_room_as_long_as_the_purge_has() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let disk = Disk::new(1);
        let hub = Hub::new(Clock::system(), Arc::new(open(&disk).unwrap()));
        hub.publish(draft("p", "1"), None).await.unwrap();
        disk.set_room(2 << 20);
        // Beside others, which are refused.
        let publishing = join_all((0..20).map(|_| hub.publish(draft("a", "2"), None)));
        let (published, purged) = join(publishing, hub.purge(topic("p"))).await;
        assert!(published.iter().all(|one| *one == Err(AppendError::Full)), "{published:?}");
        assert_eq!(purged, Ok(1));
        assert_eq!(hub.log().tail().last(), 2, "it was told");
        disk.set_room(u64::MAX);
        hub.publish(draft("p", "3"), None).await.unwrap();
        disk.set_room(0);
        assert_eq!(hub.purge(topic("p")).await, Err(AppendError::Full));
        assert_eq!(hub.log().tail().last(), 3);
    });
}
