//! Accounts in virtual time: who waits, who is cut, what is given back.

use bytes::Bytes;
use futures::FutureExt;
use tokio::time::{Duration, Instant, advance};

use super::*;

const KIB: usize = 1024;

fn account(budget: &Budget, client: u8) -> (Account, Progress) {
    let progress = Progress::new();
    (Account::new(budget, Some([192, 0, 2, client].into()), progress.clone()), progress)
}

#[tokio::test(start_paused = true)]
async fn what_is_covered_is_given_back_once_the_last_byte_is_let_go() {
    let budget = Budget::new(16 * 64 * KIB);
    let (account, _) = account(&budget, 1);
    let reserved = account.try_reserve(64 * KIB).unwrap();
    let mut bytes = reserved.cover(Bytes::from(vec![b'a'; 40 * KIB]));
    assert_eq!(budget.used(), 40 * KIB);
    let half = bytes.split_to(20 * KIB);
    drop(bytes);
    assert_eq!(budget.used(), 40 * KIB);
    drop(half);
    assert_eq!(budget.used(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_small_is_not_counted_and_never_waits() {
    let budget = Budget::new(16 * 64 * KIB);
    let (account, _) = account(&budget, 1);
    let all = account.try_reserve(64 * KIB).unwrap();
    let mut small = account.clone().reserve(FREE).now_or_never().unwrap();
    assert_eq!(small.bytes(), 0);
    assert!(!small.try_grow(FREE + 1), "it holds two");
    drop(all);
    assert!(small.try_grow(FREE + 1));
    assert_eq!(budget.used(), FREE + 1);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_second_has_a_stalled_holder_cut() {
    let budget = Budget::new(16 * 64 * KIB);
    let (one, progress) = account(&budget, 1);
    let held = one.try_reserve(64 * KIB).unwrap();
    progress.stops();
    let (other, _) = account(&budget, 1);
    let begun = Instant::now();
    let waiting = tokio::spawn(other.reserve(64 * KIB));
    progress.is_cut().await;
    assert_eq!(begun.elapsed(), Duration::from_secs(1));
    drop(held);
    assert_eq!(waiting.await.unwrap().bytes(), 64 * KIB);
    assert_eq!(budget.used(), 0);
}

#[tokio::test(start_paused = true)]
async fn who_leaves_the_line_keeps_nothing() {
    let budget = Budget::new(16 * 64 * KIB);
    let (one, _) = account(&budget, 1);
    let (other, _) = account(&budget, 1);
    let held = one.try_reserve(64 * KIB).unwrap();
    let mut waiting = Box::pin(other.reserve(64 * KIB));
    assert!((&mut waiting).now_or_never().is_none() && budget.is_waited_for());
    drop(held);
    // It is there, and nobody comes for it.
    assert_eq!(budget.used(), 64 * KIB);
    drop(waiting);
    assert_eq!((budget.used(), budget.is_waited_for()), (0, false));

    let held = one.try_reserve(64 * KIB).unwrap();
    let (another, _) = account(&budget, 1);
    let mut waiting = Box::pin(another.reserve(64 * KIB));
    assert!((&mut waiting).now_or_never().is_none());
    drop(waiting);
    assert!(!budget.is_waited_for());
    advance(Duration::from_secs(2)).await;
    drop(held);
    assert_eq!(budget.used(), 0);
}

#[tokio::test(start_paused = true)]
async fn of_frames_that_only_readers_hold_the_one_that_is_stuck_longest_goes() {
    let budget = Budget::new(256 * KIB);
    let frame = || Shared::new(Bytes::from(vec![b'a'; 100 * KIB]));
    let (one, two, three) = (account(&budget, 1), account(&budget, 2), account(&budget, 3));
    let mut held = Vec::new();
    for (accounts, seconds) in [(&[&one, &two][..], 2), (&[&three], 2)] {
        let frame = frame();
        for (account, progress) in accounts {
            held.push(account.lend(frame.bytes()));
            progress.stops();
        }
        frame.leave(&budget);
        advance(Duration::from_secs(seconds)).await;
    }
    assert_eq!(budget.used(), 200 * KIB);
    let more = frame();
    let sending = more.bytes();
    more.leave(&budget);
    let is_cut = |progress: &Progress| progress.is_cut().now_or_never().is_some();
    assert_eq!([&one, &two, &three].map(|(_, progress)| is_cut(progress)), [true, true, false]);
    held.drain(..2);
    assert_eq!(budget.used(), 200 * KIB);
    drop((held, sending));
    assert_eq!(budget.used(), 0);
}
