//! Where readers stand, as of the last change: after a restart, thousands ask the same, and the file is read for
//! the first of them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::log::{Page, Query};

/// As many answers are kept at most: each takes as much memory as the names of its topics.
const KEPT: usize = 64;

/// Answers to queries that ask for no events. A cheap handle.
#[derive(Clone, Debug, Default)]
pub(super) struct Places(Arc<Mutex<Known>>);

/// What was found since the log was changed last.
#[derive(Debug, Default)]
struct Known {
    as_of: u64,
    pages: HashMap<Query, Page>,
}

impl Places {
    /// What is known of a query, if it was found after as many changes as there are now.
    pub(super) fn known(&self, query: &Query, changes: u64) -> Option<Page> {
        let known = self.held();
        known.pages.get(query).filter(|_| known.as_of == changes).cloned()
    }

    /// Remembers what was found; `changes` is how many there were before it was looked for. Damage is not
    /// remembered: each who comes upon it is told by the file.
    pub(super) fn learn(&self, query: &Query, page: &Page, changes: u64) {
        let mut known = self.held();
        if known.as_of < changes {
            *known = Known { as_of: changes, pages: HashMap::new() };
        }
        if known.as_of == changes && known.pages.len() < KEPT && page.damaged == 0 {
            known.pages.insert(query.clone(), page.clone());
        }
    }

    fn held(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(sequence: u64) -> Query {
        Query { limit: 0, ..Query::after(vec![], sequence) }
    }

    fn found(last: u64) -> Page {
        Page { last, ..Page::default() }
    }

    #[test]
    fn what_was_found_is_known_until_something_changes() {
        let places = Places::default();
        places.learn(&after(1), &found(7), 3);
        assert_eq!(places.known(&after(1), 3).map(|page| page.last), Some(7));
        assert!(places.known(&after(2), 3).is_none());
        assert!(places.known(&after(1), 4).is_none());
    }

    #[test]
    fn what_was_looked_for_before_the_last_change_is_not_learned() {
        let places = Places::default();
        places.learn(&after(1), &found(8), 4);
        places.learn(&after(2), &found(7), 3);
        assert!(places.known(&after(1), 4).is_some());
        assert!(places.known(&after(2), 3).is_none() && places.known(&after(2), 4).is_none());
    }

    #[test]
    fn damage_is_not_remembered_and_only_so_many_answers() {
        let places = Places::default();
        places.learn(&after(1), &Page { damaged: 5, ..Page::default() }, 1);
        assert!(places.known(&after(1), 1).is_none());
        (0..100).for_each(|sequence| places.learn(&after(sequence), &found(7), 1));
        assert_eq!(places.held().pages.len(), KEPT);
    }
}
