//! Whatever happens to a log's file (backups, restorations, copies that go on side by side, kills, power
//! cuts), no reader misses or repeats an event without a gap, and no id ever names two events.

mod line;
mod node;
mod reader;
mod step;

use axum::body::Body;
use proptest::{collection::vec, prelude::*, sample::Index};

use crate::disk::Disk;
use line::{Entry, Given, Line};
use node::Node;
pub(crate) use node::{all_that_is_told, waiting};
pub(crate) use reader::Told;
use reader::{Reader, Reading};
use step::{Step, steps};

/// The most logs that are served side by side.
const MOST_NODES: usize = 4;

/// A reader that has stayed.
struct Live {
    node: usize,
    reader: Reader,
    body: Body,
    at: u64,
    forgiven: u64,
    last_id: String,
}

/// Logs that were one once, and those who read them.
struct Histories {
    given: Given,
    nodes: Vec<Option<Node>>,
    backups: Vec<(Disk, Line)>,
    live: Vec<Live>,
    published: u64,
}

impl Histories {
    async fn new() -> Self {
        let mut given = Given::default();
        let mut nodes = Vec::new();
        // The second has nothing to do with the first.
        for seed in [1, 2] {
            nodes.push(Some(Node::new(seed, &mut given).await));
        }
        Self { given, nodes, backups: Vec::new(), live: Vec::new(), published: 0 }
    }

    fn place(&self, node: Index) -> usize {
        // The first and its copies more often than the other one.
        [0, 0, 1, 2, 3, 0, 2][node.index(7)] % self.nodes.len()
    }

    fn node(&mut self, node: Index) -> (&mut Node, &mut Given) {
        let place = self.place(node);
        (self.nodes[place].as_mut().unwrap(), &mut self.given)
    }

    fn entry(&mut self, topics: &[&'static str], private: bool) -> Entry {
        self.published += 1;
        Entry::new(topics, private, format!("event {}", self.published))
    }

    async fn take(&mut self, step: Step) {
        match step {
            Step::Publish { node, topics, private, times } => {
                for _ in 0..times {
                    let entry = self.entry(&topics, private);
                    let (node, given) = self.node(node);
                    node.publish(given, entry).await;
                }
            }
            Step::FailToPublish { node, topic } => {
                let entry = self.entry(&[topic], false);
                let (node, given) = self.node(node);
                node.publish_in_vain(given, entry).await;
            }
            Step::Purge { node, topic } => {
                let (node, given) = self.node(node);
                node.purge(given, topic).await;
            }
            Step::Remove { node, back } => {
                let (node, given) = self.node(node);
                if let Some(place) = node.line.entries.len().checked_sub(back + 1) {
                    node.remove(given, place).await;
                }
            }
            Step::Stay { node, reader } => self.stay(self.place(node), reader).await,
            Step::Hear { live } if !self.live.is_empty() => {
                self.hear(live.index(self.live.len())).await;
            }
            Step::Hear { .. } => {}
            Step::Resume { node, id, recent, reader } => {
                let (node, id) = (self.place(node), self.id(id, recent));
                self.resume(node, &id, &reader).await;
            }
            Step::ReadHistory { node, id, recent, reader, limit } => {
                let (node, id) = (self.place(node), self.id(id, recent));
                self.read_history(node, &id, &reader, limit).await;
            }
            of_a_file => self.handle(of_a_file).await,
        }
    }

    /// Does what is done to a file.
    async fn handle(&mut self, step: Step) {
        match step {
            Step::Backup { node } => {
                let node = self.node(node).0;
                let backup = (node.disk.copy(), node.line.clone());
                self.backups.push(backup);
            }
            Step::Restore { node, backup } if !self.backups.is_empty() => {
                let (disk, line) = &self.backups[backup.index(self.backups.len())];
                let restored = (disk.copy(), line.clone());
                self.restart(self.place(node), |_| Some(restored)).await;
            }
            Step::CopyToAnother { node } if self.nodes.len() < MOST_NODES => {
                let node = self.node(node).0;
                let copy = Node::on(node.disk.copy(), node.line.clone());
                self.nodes.push(Some(copy));
            }
            Step::Restart { node } => self.restart(self.place(node), |_| None).await,
            Step::Kill { node } => {
                let left = |node: &Node| Some((node.disk.copy(), node.line.clone()));
                self.restart(self.place(node), left).await;
            }
            Step::CutPower { node } => {
                let left = |node: &Node| Some((node.disk.after_cut(), node.line.clone()));
                self.restart(self.place(node), left).await;
            }
            _ => {}
        }
    }

    /// Ends a node and begins it again, on what it leaves or on something else.
    async fn restart(&mut self, place: usize, on: impl FnOnce(&Node) -> Option<(Disk, Line)>) {
        let node = self.nodes[place].take().unwrap();
        let other = on(&node);
        self.live.retain(|live| live.node != place);
        let left = node.stop().await;
        let (disk, line) = other.unwrap_or(left);
        self.nodes[place] = Some(Node::on(disk, line));
    }

    /// A position that somebody was told, now or long ago, of whatever copy.
    fn id(&self, id: Index, recent: bool) -> String {
        let ids = &self.given.ids;
        let from = if recent { ids.len().saturating_sub(25) } else { 0 };
        ids[from + id.index(ids.len() - from)].clone()
    }

    async fn stay(&mut self, place: usize, reader: Reader) {
        let node = self.nodes[place].as_ref().unwrap();
        let mut body = node.open(&reader, None).await;
        let said = all_that_is_told(&mut body).await;
        let last_id = node.line.position(node.line.last()).to_owned();
        let at = node.line.last();
        assert!(matches!(&said[..], [Told::Session(_), Told::Position(id)] if *id == last_id));
        self.live.push(Live { node: place, reader, body, at, forgiven: 0, last_id });
    }

    async fn hear(&mut self, live: usize) {
        let live = &mut self.live[live];
        let line = &self.nodes[live.node].as_ref().unwrap().line;
        let mut reading = Reading::begin(&live.reader, line, live.at, &live.last_id);
        reading.forgiven = live.forgiven;
        reading.hear(all_that_is_told(&mut live.body).await);
        reading.end();
        (live.at, live.forgiven) = (reading.at, reading.forgiven);
        live.last_id = reading.last_id;
    }

    /// Has a reader come back to a node, and once more from where that leaves it.
    async fn resume(&self, place: usize, id: &str, reader: &Reader) {
        let node = self.nodes[place].as_ref().unwrap();
        let reading = self.come_back(node, id, reader).await;
        if let Some(gap) = reading.gaps.first() {
            let again = self.come_back(node, gap, reader).await;
            let told = line::sequence(gap) >= reader.losses(&node.line);
            assert!(again.gaps.is_empty() || !told, "a second gap: {again:?}");
            assert_eq!(again.events, reading.events);
        }
        let again = self.come_back(node, &reading.last_id, reader).await;
        assert!(again.gaps.is_empty() && again.events.is_empty(), "{again:?} after {reading:?}");
    }

    async fn come_back<'h>(&self, node: &'h Node, id: &str, reader: &'h Reader) -> Reading<'h> {
        let parted = self.given.parting(id, &node.line).unwrap_or(0);
        let mut reading = Reading::begin(reader, &node.line, parted, id);
        let said = all_that_is_told(&mut node.open(reader, Some(id)).await).await;
        let Some(Told::Session(session)) = said.first() else { panic!("{said:?}") };
        let first = match said.get(1) {
            Some(Told::Gap { id }) => Some(&**id),
            _ => None,
        };
        reading.session(session, first);
        if let Some(first) = first
            && node.line.has_left_the_epoch_of(id)
        {
            assert!(line::sequence(first) >= parted, "what was read is read again: {reading:?}");
        }
        let lost = reading.elsewhere || reader.losses(&node.line) > reading.at;
        assert_eq!(first.is_some(), lost, "{reading:?}");
        reading.hear(said);
        reading.end();
        reading
    }

    /// Reads what follows a position page by page, then what comes before it.
    async fn read_history(&self, place: usize, id: &str, reader: &Reader, limit: u8) {
        let node = self.nodes[place].as_ref().unwrap();
        let reader = Reader { selectors: reader.selectors[..1].to_vec(), ..reader.clone() };
        let parted = self.given.parting(id, &node.line).unwrap_or(0);
        let mut reading = Reading::begin(&reader, &node.line, parted, id);
        let mut after = Some(id.to_owned());
        while let Some(id) = after {
            let page = node.history(&reader, &format!("after={id}&limit={limit}")).await;
            assert_eq!(page.gap, page.at.is_some());
            let lost = reading.elsewhere || reader.losses(&node.line) > reading.at;
            assert_eq!(page.gap, lost, "{reading:?}");
            reading.hear(page.at.into_iter().map(|id| Told::Gap { id }).collect());
            reading.hear(page.events.into_iter().map(Told::Event).collect());
            after = page.next;
        }
        reading.end();
        let known = node.line.knows(id);
        let through = if known { line::sequence(id).saturating_sub(1) } else { u64::MAX };
        let mut expected = reader.there(&node.line, 0);
        expected.retain(|id| line::sequence(id) <= through);
        let (mut found, mut before) = (Vec::new(), Some(id.to_owned()));
        while let Some(id) = before {
            let page = node.history(&reader, &format!("before={id}&limit={limit}")).await;
            assert_eq!(page.gap, !known && found.is_empty(), "before {id}");
            found.splice(0..0, page.events.into_iter().rev().map(|one| one.id.unwrap()));
            before = page.next;
        }
        assert_eq!(found, expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(250))]

    #[test]
    fn no_reader_misses_or_repeats_an_event_without_a_gap(steps in vec(steps(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut histories = Histories::new().await;
            for step in steps {
                histories.take(step).await;
            }
        });
    }
}
