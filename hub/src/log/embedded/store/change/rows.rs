//! The rows of topics and prefixes during a change: each is read once and written once.

use std::ops::Bound;

use redb::{ReadableTable, ReadableTableMetadata};

use super::{Change, Class, EMPTY_TOPICS, Found, Result, TOTALS, TopicRow, find};

impl Change<'_> {
    /// What there is of a topic or prefix that is known.
    pub(super) fn known(&mut self, name: &str) -> Result<Option<&TopicRow>> {
        if !self.changed.contains_key(name) {
            match find(&self.topics, name, self.seal)? {
                Found::Absent => return Ok(None),
                Found::Known(row) => {
                    self.changed.insert(name.to_owned(), (row.clone(), Some(row)));
                }
                Found::Damaged => self.renew(name)?,
            }
        }
        Ok(self.changed.get(name).map(|(row, _)| row))
    }

    /// What there is of a topic or prefix, to be changed. A new one gets a number of its own.
    pub(super) fn row(&mut self, name: &str) -> Result<&mut TopicRow> {
        if self.known(name)?.is_none() {
            self.add(name, self.totals.forgotten)?;
        }
        Ok(&mut self.changed.get_mut(name).expect("it is there by now").0)
    }

    /// Replaces a row that cannot be read by a new one: all that was found by it counts as dropped.
    fn renew(&mut self, name: &str) -> Result<()> {
        self.damaged += 1;
        self.add(name, self.totals.last)
    }

    pub(super) fn add(&mut self, name: &str, dropped: u64) -> Result<()> {
        let number = self.totals.numbers;
        self.totals.numbers += 1;
        let class = Class { events: 0, last: dropped, dropped, floor: 0 };
        let next = self.next(name)?;
        let row = TopicRow { number, public: class, private: class, bytes: 0, purged: 0, next };
        // At once, so that the next new name finds this one before it.
        self.topics.insert(name, &*row.row(name, self.seal))?;
        let before = self.topics.range::<&str>(..name)?.next_back().transpose()?;
        let before = before.map(|(before, _)| before.value().to_owned()).unwrap_or_default();
        if before == TOTALS {
            name.clone_into(&mut self.totals.first);
        } else {
            name.clone_into(&mut self.row(&before)?.next);
        }
        self.changed.insert(name.to_owned(), (row, None));
        Ok(())
    }

    /// The next name after one.
    fn next(&self, name: &str) -> Result<String> {
        let after = (Bound::Excluded(name), Bound::Unbounded);
        let next = self.topics.range::<&str>(after)?.next().transpose()?;
        Ok(next.map(|(next, _)| next.value().to_owned()).unwrap_or_default())
    }

    /// Keeps the number of low-water marks bounded: those that go are remembered as one, which counts
    /// for every topic that is not known.
    pub(super) fn forget_empty_topics(&mut self) -> Result<()> {
        // Where that table was not touched, it has none that is new.
        while let Some(empty) = &mut self.empty
            && empty.len()? > EMPTY_TOPICS
        {
            let oldest = empty.pop_first()?.map(|(key, _)| {
                let (dropped, name) = key.value();
                (dropped, name.to_owned())
            });
            let Some((dropped, name)) = oldest else { break };
            // One that was made again since then has a row of its own.
            let row = find(&self.topics, &name, self.seal)?;
            if !matches!(row, Found::Known(row) if row.events() == 0 && row.dropped() == dropped) {
                continue;
            }
            self.topics.remove(&*name)?;
            self.join(&name)?;
            self.totals.forgotten = self.totals.forgotten.max(dropped);
        }
        Ok(())
    }

    /// Has the name before one that is no more say which comes next. All rows are written by then.
    fn join(&mut self, name: &str) -> Result<()> {
        let next = self.next(name)?;
        let before = self.topics.range::<&str>(..name)?.next_back().transpose()?;
        let Some(before) = before.map(|(before, _)| before.value().to_owned()) else {
            return Ok(());
        };
        if before == TOTALS {
            self.totals.first = next;
        } else if let Found::Known(row) = find(&self.topics, &before, self.seal)? {
            self.topics.insert(&*before, &*TopicRow { next, ..row }.row(&before, self.seal))?;
        }
        Ok(())
    }
}
