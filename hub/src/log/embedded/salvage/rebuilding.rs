//! Rebuilds a log from the rows that were found.

use std::{collections::BTreeMap, fs::File};

use redb::Database;

use super::{
    super::{building::Building, opening::OpenError},
    found::{Found, Survey},
};
use crate::{
    cursor::Epoch,
    selector::{is_prefix, names},
    spans::{Span, Spans},
};

/// How many events are written in one transaction.
const AT_ONCE: usize = 20_000;

/// Makes a log of the rows that were found in a file, in an empty database. What is missing of a topic
/// counts as dropped, so that its readers are told.
///
/// # Errors
/// Those of the file and of the storage.
pub(in super::super) fn rebuild(
    found: &Found,
    file: &File,
    survey: &Survey,
    spans: Option<&Spans>,
    new: &Database,
) -> std::result::Result<(), OpenError> {
    let first = Span { epoch: Epoch::random(), after: 0 };
    let spans = spans.map_or(vec![first], |spans| spans.all().to_vec());
    let epoch = Spans::new(spans.clone()).map_or(first.epoch, |all| all.position(found.last).epoch);
    let mut log = Building::begin(new, epoch);
    log.totals.forgotten = found.forgotten;
    log.commit(|change| {
        spans.iter().try_for_each(|span| change.note_span(*span))?;
        marks(found, survey).iter().try_for_each(|(name, marks)| change.import_marks(name, *marks))
    })?;
    let held: Vec<_> = survey.held.values().collect();
    for extents in held.chunks(AT_ONCE) {
        log.commit(|change| {
            for extent in extents {
                let stored = found.read(file, extent).map_err(redb::Error::Io)?;
                let Some(stored) = stored else { continue };
                let removed = stored.removed;
                let event = change.place(stored.event)?;
                if removed {
                    let topic = &event.draft.topics[0];
                    change.remove(topic, event.id())?;
                    continue;
                }
                for topic in &event.draft.topics {
                    if !found.counts(&event, topic) {
                        change.drop_from(&event, topic)?;
                    }
                }
            }
            Ok(())
        })?;
    }
    log.commit(|change| found.keys.values().try_for_each(|row| change.import_key_row(row)))?;
    log.complete(found.last)
}

/// The low-water marks of topics and prefixes: of the public events, and of the private ones.
fn marks(found: &Found, survey: &Survey) -> BTreeMap<String, [u64; 2]> {
    let mut marks = BTreeMap::<String, [u64; 2]>::new();
    let mut raise = |name: &str, private: bool, to: u64| {
        let mark = &mut marks.entry(name.to_owned()).or_default()[usize::from(private)];
        *mark = to.max(*mark);
    };
    for (name, row) in &found.topics {
        for private in [false, true] {
            let class = row.class(private);
            raise(name, private, class.dropped.max(class.floor).max(row.purged));
        }
    }
    for ((name, private), through) in &survey.lost {
        raise(name, *private, *through);
        // What is missing of a topic is missing of what lies above it.
        if !is_prefix(name)
            && let Some(topic) = crate::event::Topic::held(name)
        {
            names(&[topic]).for_each(|name| raise(name, *private, *through));
        }
    }
    marks
}
