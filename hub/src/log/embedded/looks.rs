//! Reads of the file, a few at a time and in the order in which they came: each takes a thread that waits
//! for the disk.

use std::{sync::Arc, thread};

use tokio::{
    sync::Semaphore,
    task::{JoinError, spawn_blocking},
};

/// This many reads at once for each core: while one waits for the disk, another can use the core.
const PER_CORE: usize = 2;

/// Those who look. A cheap handle.
#[derive(Clone, Debug)]
pub(super) struct Looks(Arc<Semaphore>);

impl Looks {
    pub(super) fn new() -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Self::of(PER_CORE * cores)
    }

    fn of(looks: usize) -> Self {
        Self(Arc::new(Semaphore::new(looks)))
    }

    /// Has its turn. The next one begins when what was found is taken: it takes memory until then. So who
    /// asks must not stop asking, or leave.
    pub(super) async fn take<T: Send + 'static>(
        &self,
        look: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, JoinError> {
        // Never closed.
        let turn = self.0.clone().acquire_owned().await.ok();
        // With the thread, so that one whose reader has left still counts.
        let looking = spawn_blocking(move || (look(), turn));
        looking.await.map(|(found, _turn)| found)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc::channel,
    };

    use futures::future::join_all;

    use super::*;

    /// Has a hundred look, and returns how many did at once, and in which order.
    async fn a_hundred(looks: Looks) -> (usize, Vec<usize>) {
        let (now, most, order) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::default());
        let state = Arc::new((now, most, order));
        let looking = (0..100).map(|number| {
            let state = state.clone();
            looks.take(move || {
                let (now, most, order): &(_, _, Mutex<Vec<usize>>) = &state;
                most.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
                order.lock().unwrap().push(number);
                now.fetch_sub(1, SeqCst);
            })
        });
        join_all(looking).await;
        let (_, most, order) = &*state;
        (most.load(SeqCst), order.lock().unwrap().clone())
    }

    #[tokio::test]
    async fn a_few_look_at_once_and_all_have_their_turn() {
        let (most, mut order) = a_hundred(Looks::of(2)).await;
        assert!(most <= 2, "{most}");
        // In which order two of them come to a core is the kernel's affair.
        order.sort_unstable();
        assert!(order.into_iter().eq(0..100));
    }

    #[tokio::test]
    async fn turns_come_in_order() {
        let (most, order) = a_hundred(Looks::of(1)).await;
        assert_eq!(most, 1);
        assert!(order.iter().copied().eq(0..100), "{order:?}");
    }

    #[tokio::test]
    async fn who_leaves_gives_its_turn_back() {
        let looks = Looks::of(1);
        let (begins, begun) = channel();
        let (ends, end) = channel::<()>();
        let left = tokio::spawn({
            let looks = looks.clone();
            async move { looks.take(move || (begins.send(()).unwrap(), end.recv().unwrap())).await }
        });
        tokio::task::yield_now().await;
        tokio::task::spawn_blocking(move || begun.recv().unwrap()).await.unwrap();
        left.abort();
        assert_eq!(looks.0.available_permits(), 0, "the thread is still looking");
        ends.send(()).unwrap();
        assert_eq!(looks.take(|| 7).await.unwrap(), 7);
    }
}
