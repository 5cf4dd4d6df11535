//! Lists the topics of the log's file of which the asker may see an event, in order.

use std::ops::Bound;

use redb::{Database, ReadOnlyTable, ReadableDatabase};

use super::{
    super::{Listing, TopicCount},
    row::Seal,
    store::{self, Found, LISTED, Result, TOPICS},
};
use crate::event::{Pattern, Topic};

/// The topics that a listing shows.
pub(super) fn topics(
    database: &Database,
    seal: Seal,
    listing: &Listing,
) -> Result<Vec<TopicCount>> {
    let transaction = database.begin_read()?;
    let (listed, topics) = (transaction.open_table(LISTED)?, transaction.open_table(TOPICS)?);
    let after = listing.after.as_ref().map_or("", Topic::as_str);
    let all = Range { private: false, begins: &listing.prefix, whole: false };
    let private = listing.private.iter().filter_map(|pattern| Range::of(pattern, &listing.prefix));
    let mut heads = Vec::new();
    for range in std::iter::once(all).chain(private) {
        let mut names = range.names(&listed, after)?;
        heads.extend(names.next()?.map(|name| (name, names)));
    }
    let mut found = Vec::new();
    while found.len() < listing.limit
        && let Some(name) = heads.iter().map(|(name, _)| name).min().cloned()
    {
        let mut left = Vec::new();
        for (head, mut names) in heads {
            let head = if head == name { names.next()? } else { Some(head) };
            left.extend(head.map(|head| (head, names)));
        }
        heads = left;
        let (Some(topic), Found::Known(row)) =
            (Topic::held(&name), store::find(&topics, &name, seal)?)
        else {
            continue;
        };
        let private = row.private.events;
        let events = row.public.events + private;
        let shown = listing.private.iter().any(|pattern| pattern.matches(&topic));
        if row.public.events > 0 || shown && private > 0 {
            let last = row.public.last.max(if shown { row.private.last } else { 0 });
            found.push(TopicCount { topic, events, private, last });
        }
    }
    Ok(found)
}

/// The topics that have private events, or public ones, and whose names begin alike.
struct Range<'n> {
    private: bool,
    /// How their names begin.
    begins: &'n str,
    /// Only the topic of just this name.
    whole: bool,
}

impl<'n> Range<'n> {
    /// The private topics of a listing that a pattern grants; `None` where there can be none.
    fn of(pattern: &'n Pattern, prefix: &'n str) -> Option<Self> {
        let (granted, whole) = match pattern.as_str().strip_suffix('*') {
            Some(granted) => (granted, false),
            None => (pattern.as_str(), true),
        };
        // Where one begins with the other, the longer one says it all.
        if granted.starts_with(prefix) {
            Some(Self { private: true, begins: granted, whole })
        } else {
            let within = !whole && prefix.starts_with(granted);
            within.then_some(Self { private: true, begins: prefix, whole })
        }
    }

    /// Its names after one, in order.
    fn names(
        self,
        listed: &ReadOnlyTable<(bool, &'static str), ()>,
        after: &str,
    ) -> Result<Names<'n>> {
        let Self { private, begins, .. } = self;
        let begin = if after < begins {
            Bound::Included((private, begins))
        } else {
            Bound::Excluded((private, after))
        };
        let rows = listed.range::<(bool, &str)>((begin, Bound::Unbounded))?;
        Ok(Names { range: self, rows })
    }

    fn holds(&self, private: bool, name: &str) -> bool {
        private == self.private
            && if self.whole { name == self.begins } else { name.starts_with(self.begins) }
    }
}

/// Names of topics in order.
struct Names<'n> {
    range: Range<'n>,
    rows: redb::Range<'static, (bool, &'static str), ()>,
}

impl Names<'_> {
    fn next(&mut self) -> Result<Option<String>> {
        let Some(row) = self.rows.next().transpose()? else { return Ok(None) };
        let (private, name) = row.0.value();
        Ok(self.range.holds(private, name).then(|| name.to_owned()))
    }
}

/// The names of some topics after one, for a look at each in turn.
pub(super) fn names_after(
    database: &Database,
    seal: Seal,
    after: Option<&Topic>,
    limit: usize,
) -> Result<Vec<Topic>> {
    let private = vec![Pattern::all()];
    let listing = Listing { prefix: String::new(), after: after.cloned(), limit, private };
    Ok(topics(database, seal, &listing)?.into_iter().map(|count| count.topic).collect())
}
