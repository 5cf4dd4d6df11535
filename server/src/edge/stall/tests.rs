//! Readers in memory and in virtual time: fast, slow, silent, gone.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use belfry_hub::budget::Party;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    time::Instant,
};

use super::*;

const HALF_A_MINUTE: Duration = Duration::from_secs(30);

/// What the pipe takes before a write waits.
const PIPE: usize = 16 * 1024;

/// A peer in memory vanishes when it is told to, and acknowledges what is written.
impl Peer for DuplexStream {
    fn is_silent(&self, patience: Duration) -> bool {
        patience.is_zero()
    }

    fn is_stuck(&self, _: Duration) -> bool {
        false
    }

    fn unacknowledged(&self) -> u64 {
        0
    }

    fn give_up(&self) {}
}

fn pair(counters: &Counters) -> (WriteDeadline<DuplexStream>, DuplexStream) {
    let (ours, theirs) = duplex(PIPE);
    (WriteDeadline::new(ours, HALF_A_MINUTE, HALF_A_MINUTE, counters.clone()), theirs)
}

/// A socket with something that its peer has not taken.
struct Untaken {
    since: Instant,
    /// It takes nothing more.
    is_full: bool,
    /// How many bytes there were; the peer takes 2 KiB of them each second.
    bytes: u64,
    given_up: Arc<AtomicBool>,
}

impl Untaken {
    fn new(is_full: bool, bytes: u64) -> Self {
        Self { since: Instant::now(), is_full, bytes, given_up: Arc::default() }
    }
}

impl AsyncWrite for Untaken {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.is_full { Poll::Pending } else { Poll::Ready(Ok(bytes.len())) }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Peer for Untaken {
    fn is_silent(&self, _: Duration) -> bool {
        false
    }

    fn is_stuck(&self, patience: Duration) -> bool {
        !self.is_full && self.since.elapsed() >= patience
    }

    fn unacknowledged(&self) -> u64 {
        self.bytes.saturating_sub(self.since.elapsed().as_secs() * 2048)
    }

    fn give_up(&self) {
        self.given_up.store(true, Ordering::Relaxed);
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_left_unread_is_given_up_at_the_end() {
    // Over TLS the end is a write too.
    for goodbye in [&b""[..], b"close_notify"] {
        for (waits, expected) in [(0, false), (29, false), (30, true)] {
            let socket = Untaken::new(false, 1 << 20);
            let given_up = socket.given_up.clone();
            let (patience, counters) = (HALF_A_MINUTE, Counters::default());
            let mut ours = WriteDeadline::new(socket, patience, patience, counters);
            ours.write_all(b"an answer").await.unwrap();
            sleep(Duration::from_secs(waits)).await;
            ours.write_all(goodbye).await.unwrap();
            ours.shutdown().await.unwrap();
            let given_up = given_up.load(Ordering::Relaxed);
            assert_eq!(given_up, expected, "{goodbye:?} after {waits} s");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_somebody_else_has_sent_counts_as_moving_once_it_is_acknowledged() {
    let (patience, counters) = (HALF_A_MINUTE, Counters::default());
    let socket = Untaken::new(true, 160 * 1024);
    let mut ours = WriteDeadline::new(socket, patience, patience, counters.clone());
    let writing = tokio::time::timeout(Duration::from_secs(75), ours.write_all(b"more"));
    writing.await.unwrap_err();
    // Then there is nothing left that could move.
    ours.write_all(b"more").await.unwrap_err();
    assert_eq!(counters.read().stalled, 1);
}

/// Reads this many bytes at each interval, until there is nothing left.
async fn read(mut from: DuplexStream, bytes: usize, every: Duration) {
    let mut piece = vec![0; bytes];
    loop {
        sleep(every).await;
        if from.read_exact(&mut piece).await.is_err() {
            return;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_to_a_peer_that_has_vanished_fails() {
    let (ours, _theirs) = duplex(PIPE);
    let counters = Counters::default();
    let mut ours = WriteDeadline::new(ours, HALF_A_MINUTE, Duration::ZERO, counters.clone());
    ours.write_all(b"just opened").await.unwrap();
    sleep(LOOK_AFTER).await;
    let error = ours.write_all(b"!").await.unwrap_err();
    assert_eq!(error.to_string(), "the client has vanished");
    sleep(LOOK_AFTER).await;
    ours.write_all(b"?").await.unwrap_err();
    assert_eq!((counters.read().stalled, counters.read().vanished), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_stops_is_given_up_after_the_patience() {
    let counters = Counters::default();
    let (mut ours, _theirs) = pair(&counters);
    let begun = Instant::now();
    let error = ours.write_all(&[0; 2 * PIPE]).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert_eq!(error.to_string(), "the client stopped reading");
    assert_eq!(begun.elapsed().as_secs(), 30);
    ours.shutdown().await.unwrap();
    assert_eq!((counters.read().stalled, counters.read().vanished), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_takes_less_than_1_kib_a_second_is_given_up() {
    let counters = Counters::default();
    let (mut ours, theirs) = pair(&counters);
    let reading = tokio::spawn(read(theirs, 900, Duration::from_secs(1)));
    let begun = Instant::now();
    let error = ours.write_all(&[0; 1 << 20]).await.unwrap_err();
    assert_eq!(error.to_string(), "the client read too slowly");
    assert_eq!(begun.elapsed().as_secs(), 30);
    assert_eq!(counters.read().stalled, 1);
    drop(ours);
    reading.await.unwrap();
}

/// The pieces of an answer are small, and each goes through soon: the next one waits all the same.
#[tokio::test(start_paused = true)]
async fn small_pieces_do_not_hide_it() {
    let counters = Counters::default();
    let (mut ours, theirs) = pair(&counters);
    let reading = tokio::spawn(read(theirs, 900, Duration::from_secs(1)));
    let begun = Instant::now();
    let error = loop {
        if let Err(error) = ours.write_all(&[0; 4096]).await {
            break error;
        }
        ours.flush().await.unwrap();
    };
    assert_eq!(error.to_string(), "the client read too slowly");
    assert_eq!(begun.elapsed().as_secs(), 30);
    drop(ours);
    reading.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_reader_at_8_kb_a_second_in_gaps_of_14_s_is_waited_for() {
    let counters = Counters::default();
    let (mut ours, theirs) = pair(&counters);
    let reading = tokio::spawn(read(theirs, 14 * 8000, Duration::from_secs(14)));
    ours.write_all(&[0; 1 << 20]).await.unwrap();
    assert_eq!(counters.read().stalled, 0);
    drop(ours);
    reading.await.unwrap();
}

/// A stream has little to say: what counts is the time in which something waits.
#[tokio::test(start_paused = true)]
async fn silence_is_no_stall() {
    let counters = Counters::default();
    let (mut ours, theirs) = pair(&counters);
    let reading = tokio::spawn(read(theirs, 1, Duration::ZERO));
    ours.write_all(&[0; 2 * PIPE]).await.unwrap();
    for _ in 0..20 {
        sleep(Duration::from_secs(15)).await;
        ours.write_all(b":\n\n").await.unwrap();
    }
    assert_eq!((counters.read().stalled, ours.progress().stalled_since()), (0, None));
    drop(ours);
    reading.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn who_is_stalled_and_since_when_is_known() {
    let (mut ours, mut theirs) = pair(&Counters::default());
    ours.write_all(&[0; PIPE]).await.unwrap();
    assert_eq!(ours.progress().stalled_since(), None);
    sleep(Duration::from_secs(5)).await;
    let (progress, begun) = (ours.progress().clone(), Instant::now());
    let writing = tokio::spawn(async move { ours.write_all(b"more").await.map(|()| ours) });
    sleep(Duration::from_secs(5)).await;
    assert_eq!(progress.stalled_since(), Some(begun));
    theirs.read_exact(&mut [0; PIPE]).await.unwrap();
    let _ours = writing.await.unwrap().unwrap();
    assert_eq!(progress.stalled_since(), None);
}
