//! Counts how many of something each of many has at once.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Places for each of many. A cheap handle.
#[derive(Clone, Debug)]
pub(super) struct Places<K> {
    most: u32,
    taken: Arc<Mutex<HashMap<K, u32>>>,
}

impl<K: Copy + Eq + Hash> Places<K> {
    /// So many for each.
    pub(super) fn new(most: u32) -> Self {
        Self { most, taken: Arc::default() }
    }

    /// Takes a place until the returned one is dropped; `None` if all are taken.
    pub(super) fn take(&self, who: K) -> Option<Place<K>> {
        let mut taken = self.taken();
        let count = taken.entry(who).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Place { places: self.clone(), who })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<K, u32>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place that is taken. Dropping it frees it.
#[derive(Debug)]
pub(super) struct Place<K: Copy + Eq + Hash> {
    places: Places<K>,
    who: K,
}

impl<K: Copy + Eq + Hash> Drop for Place<K> {
    fn drop(&mut self) {
        if let Entry::Occupied(mut count) = self.places.taken().entry(self.who) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_so_many_and_nothing_is_left_behind() {
        let places = Places::new(2);
        let (one, two) = (places.take("a").unwrap(), places.take("a").unwrap());
        assert!(places.take("a").is_none());
        let other = places.take("b").unwrap();
        drop(one);
        let again = places.take("a").unwrap();
        assert!(places.take("a").is_none());
        drop((two, other, again));
        assert!(places.taken().is_empty());
    }
}
