//! The list of what was revoked.

use std::collections::HashMap;

use belfry_hub::grant::Grant;

use super::entry::Entry;

/// How long an entry stays after what it revokes has expired, in seconds: a clock may be set back.
const LONGER: i64 = 24 * 3600;

/// In microseconds.
const SECOND: i64 = 1_000_000;

/// With fewer entries than this, expired ones are not looked for while entries are added.
const FEW: usize = 1024;

/// What was revoked.
#[derive(Debug, Default)]
pub(super) struct List {
    /// Credentials, and when they expire.
    credentials: HashMap<u128, i64>,
    /// Subjects, and the last second in which what is revoked was issued to them.
    subjects: HashMap<String, i64>,
    /// From this many entries on, and from [`FEW`] on, expired ones are looked for.
    crowded: usize,
}

impl List {
    pub(super) fn add(&mut self, entry: &Entry) {
        match entry {
            Entry::Credential { number, until } => {
                let known = self.credentials.entry(*number).or_insert(*until);
                *known = (*known).max(*until);
            }
            Entry::Subject { name, through } => {
                let known = self.subjects.entry(name.clone()).or_insert(*through);
                *known = (*known).max(*through);
            }
        }
    }

    /// Whether what a grant was read from was revoked.
    pub(super) fn revokes(&self, grant: &Grant) -> bool {
        let of_subject = || {
            let through = self.subjects.get(grant.subject.as_ref()?)?;
            // Where nobody knows when it was issued, it was before.
            Some(grant.issued.is_none_or(|at| at / SECOND <= *through))
        };
        grant.credentials.iter().any(|number| self.credentials.contains_key(number))
            || of_subject().unwrap_or(false)
    }

    /// Forgets what has expired long before `now`, in seconds since the Unix epoch.
    pub(super) fn forget_expired(&mut self, now: i64) {
        self.credentials.retain(|_, until| until.saturating_add(LONGER) > now);
    }

    /// The same if there are many, and twice as many as were left the last time. So the work for each entry
    /// that is added is bounded, and so is what has expired.
    pub(super) fn forget_expired_if_grown(&mut self, now: i64) {
        if self.len() >= self.crowded.max(FEW) {
            self.forget_expired(now);
            self.crowded = 2 * self.len();
        }
    }

    pub(super) fn len(&self) -> usize {
        self.credentials.len() + self.subjects.len()
    }

    /// Everything on it.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry> {
        let credentials = self.credentials.iter();
        let credentials = credentials.map(|(&number, &until)| Entry::Credential { number, until });
        let subjects = self.subjects.iter();
        credentials
            .chain(subjects.map(|(name, &through)| Entry::Subject { name: name.clone(), through }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_is_revoked_by_any_of_its_credentials() {
        let mut list = List::default();
        list.add(&Entry::Credential { number: 7, until: 10 });
        let of =
            |credentials: &[u128]| Grant { credentials: credentials.to_vec(), ..Grant::default() };
        assert!(
            list.revokes(&of(&[7])) && list.revokes(&of(&[1, 7])) && list.revokes(&of(&[7, 1]))
        );
        assert!(!list.revokes(&of(&[])) && !list.revokes(&of(&[1, 70])));
    }

    #[test]
    fn a_subject_loses_what_was_issued_so_far() {
        let mut list = List::default();
        for through in [99, 100, 98] {
            list.add(&Entry::Subject { name: "Ada".into(), through });
        }
        let of = |subject: &str, issued: Option<i64>| Grant {
            subject: Some(subject.into()),
            issued,
            ..Grant::default()
        };
        for (issued, revoked) in
            [(None, true), (Some(0), true), (Some(100 * SECOND), true), (Some(101 * SECOND), false)]
        {
            assert_eq!(list.revokes(&of("Ada", issued)), revoked, "{issued:?}");
            assert!(!list.revokes(&of("Bob", issued)) && !list.revokes(&Grant::default()));
        }
    }

    #[test]
    fn what_has_expired_long_ago_is_forgotten_and_subjects_never() {
        let mut list = List::default();
        list.add(&Entry::Subject { name: "Ada".into(), through: 1 });
        for (number, until) in [(1, 99), (2, 100), (1, 101)] {
            list.add(&Entry::Credential { number, until });
        }
        list.forget_expired(99 + LONGER);
        assert_eq!(list.len(), 3);
        list.forget_expired(100 + LONGER);
        let left: Vec<_> = list.entries().collect();
        assert_eq!(left.len(), 2);
        assert!(left.contains(&Entry::Credential { number: 1, until: 101 }), "{left:?}");
        assert!(left.contains(&Entry::Subject { name: "Ada".into(), through: 1 }), "{left:?}");
    }

    #[test]
    fn what_has_expired_is_looked_for_when_the_list_has_doubled() {
        let (mut list, mut number) = (List::default(), 0);
        let mut add = |count: usize, until: i64| {
            for _ in 0..count {
                number += 1;
                list.add(&Entry::Credential { number, until });
                list.forget_expired_if_grown(LONGER + 10);
            }
            list.len()
        };
        // These are needed.
        assert_eq!(add(FEW, 11), FEW);
        // And these are not.
        assert_eq!(add(FEW - 1, 10), 2 * FEW - 1);
        assert_eq!(add(1, 9), FEW);
    }
}
