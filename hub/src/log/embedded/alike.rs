//! Questions that are asked alike at the same time: one is answered, and all get its answer. After a restart,
//! thousands of readers ask where they stand.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

/// Those who wait for the answer to a question that somebody else asks.
type Others<A> = Vec<oneshot::Sender<A>>;

/// Questions whose turn has not come yet. A cheap handle.
#[derive(Debug)]
pub(super) struct Alike<Q: Eq + Hash, A>(Arc<Mutex<HashMap<Q, Others<A>>>>);

impl<Q: Clone + Eq + Hash, A: Clone> Alike<Q, A> {
    pub(super) fn new() -> Self {
        Self(Arc::default())
    }

    /// Asks, unless somebody waits to ask the same, or else waits for that answer, which may also be an error. `ask`
    /// tells when it is asked.
    pub(super) async fn ask(
        &self,
        question: Q,
        ask: impl AsyncFnOnce(Arc<Waiting<Q, A>>) -> A,
    ) -> A {
        while let Some(answered) = self.join(&question) {
            // Whoever has asked may have left: then the next one asks.
            if let Ok(answer) = answered.await {
                return answer;
            }
        }
        let waiting = Arc::new(Waiting {
            alike: self.0.clone(),
            question: Mutex::new(Some(question)),
            others: Mutex::default(),
        });
        let answer = ask(waiting.clone()).await;
        waiting.begins();
        for other in std::mem::take(&mut *held(&waiting.others)) {
            // It may have left.
            let _ = other.send(answer.clone());
        }
        answer
    }

    /// Joins who waits to ask a question; `None` where it is to be asked now.
    fn join(&self, question: &Q) -> Option<oneshot::Receiver<A>> {
        let mut all = held(&self.0);
        let Some(others) = all.get_mut(question) else {
            all.insert(question.clone(), Vec::new());
            return None;
        };
        let (sender, answered) = oneshot::channel();
        others.push(sender);
        Some(answered)
    }
}

/// A question that waits for its turn. Dropping it is leaving: another asks.
pub(super) struct Waiting<Q: Eq + Hash, A> {
    alike: Arc<Mutex<HashMap<Q, Others<A>>>>,
    /// `None` once its turn has come.
    question: Mutex<Option<Q>>,
    /// Those who have asked the same until then.
    others: Mutex<Others<A>>,
}

impl<Q: Eq + Hash, A> Waiting<Q, A> {
    /// Its turn has come. Whoever asks the same from now on may have seen something newer, and asks again.
    pub(super) fn begins(&self) {
        let question = held(&self.question).take();
        if let Some(others) = question.and_then(|question| held(&self.alike).remove(&question)) {
            *held(&self.others) = others;
        }
    }
}

impl<Q: Eq + Hash, A> Drop for Waiting<Q, A> {
    fn drop(&mut self) {
        self.begins();
    }
}

fn held<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use futures::FutureExt;

    use super::*;

    async fn nothing(_: Arc<Waiting<&str, u8>>) -> u8 {
        panic!("somebody else asks")
    }

    #[tokio::test]
    async fn who_asks_before_the_turn_comes_gets_the_same_answer_and_who_asks_later_another() {
        let alike = Alike::new();
        let (begins, begun) = oneshot::channel();
        let (ends, ended) = oneshot::channel();
        let first = async move |waiting: Arc<Waiting<_, _>>| {
            let () = begun.await.unwrap();
            waiting.begins();
            let () = ended.await.unwrap();
            1
        };
        let mut first = Box::pin(alike.ask("where", first));
        assert!((&mut first).now_or_never().is_none());
        let mut second = Box::pin(alike.ask("where", nothing));
        assert!((&mut second).now_or_never().is_none());
        begins.send(()).unwrap();
        assert!((&mut first).now_or_never().is_none());
        let later = async |waiting: Arc<Waiting<_, _>>| {
            waiting.begins();
            2
        };
        assert_eq!(alike.ask("where", later).await, 2);
        ends.send(()).unwrap();
        assert_eq!((first.await, second.await), (1, 1));
    }

    #[tokio::test]
    async fn what_fails_before_its_turn_comes_fails_for_all() {
        let alike = Alike::new();
        let (fails, failed) = oneshot::channel();
        // It never begins.
        let first = async move |_: Arc<Waiting<_, _>>| failed.await.unwrap();
        let mut first = Box::pin(alike.ask("where", first));
        assert!((&mut first).now_or_never().is_none());
        let mut second = Box::pin(alike.ask("where", nothing));
        assert!((&mut second).now_or_never().is_none());
        fails.send(7).unwrap();
        assert_eq!((first.await, second.await), (7, 7));
    }

    #[tokio::test]
    async fn where_one_leaves_the_next_one_asks() {
        let alike = Alike::new();
        let waits = async |_: Arc<Waiting<_, _>>| pending::<u8>().await;
        let mut first = Box::pin(alike.ask("where", waits));
        assert!((&mut first).now_or_never().is_none());
        let next = async |waiting: Arc<Waiting<_, _>>| {
            waiting.begins();
            2
        };
        let mut next = Box::pin(alike.ask("where", next));
        assert!((&mut next).now_or_never().is_none());
        drop(first);
        assert_eq!(next.await, 2);
    }
}
