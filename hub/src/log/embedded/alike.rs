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

    /// Asks, unless somebody waits to ask the same, or else waits for that answer. `ask` is told when it is asked,
    /// and returns those who waited for it with the answer.
    pub(super) async fn ask<E>(
        &self,
        question: Q,
        ask: impl AsyncFnOnce(Waiting<Q, A>) -> Result<(A, Others<A>), E>,
    ) -> Result<A, E> {
        while let Some(answered) = self.join(&question) {
            // Who has asked may have left, or failed: then the next one asks.
            if let Ok(answer) = answered.await {
                return Ok(answer);
            }
        }
        let (answer, others) =
            ask(Waiting { alike: self.0.clone(), question: Some(question) }).await?;
        for other in others {
            // It may have left.
            let _ = other.send(answer.clone());
        }
        Ok(answer)
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
    question: Option<Q>,
}

impl<Q: Eq + Hash, A> Waiting<Q, A> {
    /// Its turn has come. Returns who has asked the same until now; who does from now on may have seen something
    /// newer, and asks again.
    pub(super) fn over(mut self) -> Others<A> {
        self.leave()
    }

    fn leave(&mut self) -> Others<A> {
        let question = self.question.take();
        question.and_then(|question| held(&self.alike).remove(&question)).unwrap_or_default()
    }
}

impl<Q: Eq + Hash, A> Drop for Waiting<Q, A> {
    fn drop(&mut self) {
        self.leave();
    }
}

fn held<Q, A>(all: &Mutex<HashMap<Q, Others<A>>>) -> MutexGuard<'_, HashMap<Q, Others<A>>> {
    all.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::{convert::Infallible, future::pending};

    use futures::FutureExt;

    use super::*;

    type Found = Result<(u8, Others<u8>), Infallible>;

    async fn nothing(_: Waiting<&str, u8>) -> Found {
        panic!("somebody else asks")
    }

    #[tokio::test]
    async fn who_asks_before_the_turn_comes_gets_the_same_answer_and_who_asks_later_another() {
        let alike = Alike::new();
        let (begins, begun) = oneshot::channel();
        let (ends, ended) = oneshot::channel();
        let first = async move |waiting: Waiting<_, _>| {
            let () = begun.await.unwrap();
            let others = waiting.over();
            let () = ended.await.unwrap();
            Found::Ok((1, others))
        };
        let mut first = Box::pin(alike.ask("where", first));
        assert!((&mut first).now_or_never().is_none());
        let mut second = Box::pin(alike.ask("where", nothing));
        assert!((&mut second).now_or_never().is_none());
        begins.send(()).unwrap();
        assert!((&mut first).now_or_never().is_none());
        let later = async |waiting: Waiting<_, _>| Found::Ok((2, waiting.over()));
        assert_eq!(alike.ask("where", later).await, Ok(2));
        ends.send(()).unwrap();
        assert_eq!((first.await, second.await), (Ok(1), Ok(1)));
    }

    #[tokio::test]
    async fn where_one_leaves_the_next_one_asks() {
        let alike = Alike::new();
        let waits = async |waiting: Waiting<_, _>| {
            pending::<()>().await;
            Found::Ok((1, waiting.over()))
        };
        let mut first = Box::pin(alike.ask("where", waits));
        assert!((&mut first).now_or_never().is_none());
        let next = async |waiting: Waiting<_, _>| Found::Ok((2, waiting.over()));
        let mut next = Box::pin(alike.ask("where", next));
        assert!((&mut next).now_or_never().is_none());
        drop(first);
        assert_eq!(next.await, Ok(2));
    }
}
