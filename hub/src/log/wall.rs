//! Decides how far the wall clock can be believed for deleting by age, and when an event counts as
//! published.
//!
//! Anyone can set a wall clock, and a machine may start with a wrong one. So nothing is deleted by age
//! until it has agreed with the time since boot for [`PROOF`]; a start and a jump both restart that.

use std::collections::BTreeMap;

use crate::Clock;

/// For so long the clock has to agree before an age counts, in microseconds.
const PROOF: i64 = 3600 * 1_000_000;

/// The clock agrees as long as it is no further off than this, in microseconds: a leap second is
/// not a jump.
const TOLERANCE: i64 = 2_000_000;

/// Besides that, it may gain or lose one part in this many: 500 ppm, the most by which a kernel slews.
const SLEW: i64 = 2000;

/// How many stamps are looked at in one go to find one that does not lie in the future.
const LOOKED_AT: usize = 512;

/// How many corrections, and stretches of events from the future, are remembered.
const REMEMBERED: usize = 1024;

/// Watches a clock.
#[derive(Clone, Debug)]
pub(super) struct Wall {
    clock: Clock,
    /// The time, as of the last look.
    now: i64,
    /// The time since boot, as of the last look.
    looked: i64,
    /// By how much the clock is ahead of the time since boot. It follows what a slew may explain, and
    /// what is left over is how far the clock is off.
    ahead: i64,
    /// Since when it agrees, in time since boot.
    agrees_since: i64,
    /// Events up to here were there before the first look: nobody knows how their stamps came to be.
    before: u64,
    /// How much later than their stamps events up to a sequence were published, by the jumps since.
    corrections: Vec<(u64, i64)>,
    /// Stretches of events that are stamped in the future, by their first.
    future: BTreeMap<u64, Stretch>,
}

/// Events that follow one another.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    /// The last of them.
    through: u64,
    /// The earliest that one of them counts from: when it has come, not all lie in the future.
    earliest: i64,
}

impl Wall {
    /// Begins to watch a clock, where the last event has the sequence `last`.
    pub(super) fn new(clock: Clock, last: u64) -> Self {
        let (now, looked) = (clock.now(), clock.since_boot());
        let agrees_since = if clock.is_proven() { looked.saturating_sub(PROOF) } else { looked };
        let ahead = now.saturating_sub(looked);
        let (corrections, future) = (Vec::new(), BTreeMap::new());
        Self { clock, now, looked, ahead, agrees_since, before: last, corrections, future }
    }

    /// Looks at the clock, and returns the time, as it is to be stamped on what comes after the event
    /// of the sequence `last`.
    pub(super) fn look(&mut self, last: u64) -> i64 {
        let (now, boot) = (self.clock.now(), self.clock.since_boot());
        let passed = boot.saturating_sub(self.looked).max(0);
        (self.now, self.looked) = (now, boot);
        let off = now.saturating_sub(boot).saturating_sub(self.ahead);
        if off.saturating_abs() > TOLERANCE.saturating_add(passed / SLEW) {
            self.jumped(off, last);
        } else {
            self.ahead += off.clamp(-(passed / SLEW), passed / SLEW);
        }
        now
    }

    /// Begins again, and remembers that what was stamped before was stamped by another clock.
    fn jumped(&mut self, by: i64, last: u64) {
        self.ahead = self.ahead.saturating_add(by);
        self.agrees_since = self.looked;
        self.future.clear();
        let through = self.corrections.last().map_or(self.before, |(through, _)| *through);
        self.corrections.iter_mut().for_each(|(_, add)| *add = add.saturating_add(by));
        if last > through {
            self.corrections.push((last, by));
        }
        if self.corrections.len() > REMEMBERED {
            self.before = self.corrections.remove(0).0;
        }
    }

    /// Whether the clock may tell an age.
    pub(super) fn is_proven(&self) -> bool {
        self.looked.saturating_sub(self.agrees_since) >= PROOF
    }

    /// The time, as of the last look.
    pub(super) fn now(&self) -> i64 {
        self.now
    }

    /// When an event counts as published, given its stamp and a way to the stamp of the first event
    /// after any sequence; `None` where nobody can say, or not yet.
    ///
    /// An event counts as published
    /// 1. when its stamp says; where the clock has jumped since, and this process both stamped the
    ///    event and saw the jump, the stamp is corrected by the jump;
    /// 2. where that lies in the future (the clock was ahead), when the first event after it was
    ///    published of which that does not lie in the future: it goes together with that one, and
    ///    neither keeps it nor takes it along;
    /// 3. now, where there is none after it.
    ///
    /// What is not known of a process that is gone: an event that it stamped ahead, and whose stamp
    /// has passed by now, is kept for longer by as much as the clock was ahead; one that it stamped
    /// too early goes too early, though not in the first hour.
    pub(super) fn published<E>(
        &mut self,
        (sequence, stamp): (u64, i64),
        mut next: impl FnMut(u64) -> Result<Option<(u64, i64)>, E>,
    ) -> Result<Option<i64>, E> {
        if !self.is_proven() {
            return Ok(None);
        }
        let corrected = self.corrected(sequence, stamp);
        if corrected <= self.now {
            return Ok(Some(corrected));
        }
        let mut ahead = self.ahead_from(sequence, corrected);
        for _ in 0..LOOKED_AT {
            let found = next(ahead.through)?.map(|(after, at)| (after, self.corrected(after, at)));
            match found {
                Some((after, corrected)) if corrected > self.now => {
                    let Stretch { through, earliest } = self.ahead_from(after, corrected);
                    ahead = Stretch { through, earliest: earliest.min(ahead.earliest) };
                }
                other => {
                    self.remember(sequence, ahead);
                    return Ok(Some(other.map_or(self.now, |(_, corrected)| corrected)));
                }
            }
        }
        self.remember(sequence, ahead);
        Ok(None)
    }

    /// The events from this one on that are known to be stamped in the future.
    fn ahead_from(&self, sequence: u64, corrected: i64) -> Stretch {
        let known = self.future.range(..=sequence).next_back().map(|(_, stretch)| *stretch);
        known
            .filter(|known| known.through >= sequence && known.earliest > self.now)
            .unwrap_or(Stretch { through: sequence, earliest: corrected })
    }

    fn remember(&mut self, from: u64, ahead: Stretch) {
        if self.future.len() >= REMEMBERED {
            self.future.clear();
        }
        let around = self.future.range(..=from).next_back().map(|(first, known)| (*first, *known));
        let around = around.filter(|(_, known)| known.through >= from && known.earliest > self.now);
        let (from, ahead) = around.map_or((from, ahead), |(first, known)| {
            (first, Stretch { earliest: ahead.earliest.min(known.earliest), ..ahead })
        });
        self.future.retain(|first, known| *first < from || known.through > ahead.through);
        self.future.insert(from, ahead);
    }

    fn corrected(&self, sequence: u64, stamp: i64) -> i64 {
        if sequence <= self.before {
            return stamp;
        }
        let at = self.corrections.partition_point(|(through, _)| *through < sequence);
        self.corrections.get(at).map_or(stamp, |(_, add)| stamp.saturating_add(*add))
    }
}

#[cfg(test)]
mod tests;
