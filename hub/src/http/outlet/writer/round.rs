//! One round through a group: the time, and what was sent in it, which is counted at once rather than reader by reader:
//! all writers count in the same places.

use super::group::Group;
use crate::subscription::Now;

/// After so many streams the clock is read again.
const CLOCK_AFTER: usize = 32;

/// A round through a group, or to one of its members.
pub(super) struct Round<'a> {
    pub(super) group: &'a Group,
    pub(super) now: Now,
    /// Before how many streams this was the time.
    streams: usize,
    delivered: u64,
    /// How often events with these stamps were sent.
    took: Vec<(i64, u64)>,
}

impl<'a> Round<'a> {
    pub(super) fn new(group: &'a Group) -> Self {
        Self { group, now: group.around.now(), streams: 0, delivered: 0, took: Vec::new() }
    }

    /// Goes on to the next stream.
    pub(super) fn goes_on(&mut self) {
        if self.streams == CLOCK_AFTER {
            self.count();
            self.streams = 0;
        }
        self.streams += 1;
    }

    /// Counts events, or values, that a stream was sent.
    pub(super) fn delivers(&mut self, events: usize) {
        self.delivered += events as u64;
    }

    /// Counts how long events with these sequences and stamps took.
    pub(super) fn measures(&mut self, events: &[(u64, i64)]) {
        // All readers get events in the same order.
        let mut next = 0;
        for (_, at) in events {
            let is_same = |(stamp, _): &(i64, u64)| stamp == at;
            let place = match self.took.get(next) {
                Some(one) if is_same(one) => next,
                _ => self.took.iter().position(is_same).unwrap_or_else(|| {
                    self.took.push((*at, 0));
                    self.took.len() - 1
                }),
            };
            self.took[place].1 += 1;
            next = place + 1;
        }
    }

    /// Looks at the clock, and counts what was sent before.
    fn count(&mut self) {
        self.now = self.group.around.now();
        let counters = self.group.around.hub.counters();
        counters.delivered(std::mem::take(&mut self.delivered));
        for (at, times) in self.took.drain(..) {
            counters.took_often(self.now.wall.saturating_sub(at), times);
        }
    }
}

impl Drop for Round<'_> {
    fn drop(&mut self) {
        self.count();
    }
}
