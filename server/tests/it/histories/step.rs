//! What may happen to logs and their readers.

use proptest::{
    prelude::*,
    sample::{Index, select, subsequence},
};

use super::reader::Reader;

const TOPICS: [&str; 5] = ["a", "b", "x/1", "x/2", "x/y/3"];
const SELECTORS: [&str; 6] = ["a", "b", "x/1", "x/*", "x/y/*", "x/y/3"];
const PATTERNS: [&str; 4] = ["a", "x/1", "x/*", "*"];

/// Something that happens. Which node, backup or position it happens to depends on how many there are.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Publish { node: Index, topics: Vec<&'static str>, private: bool, times: u8 },
    FailToPublish { node: Index, topic: &'static str },
    Purge { node: Index, topic: &'static str },
    Remove { node: Index, back: usize },
    Backup { node: Index },
    Restore { node: Index, backup: Index },
    CopyToAnother { node: Index },
    Restart { node: Index },
    Kill { node: Index },
    CutPower { node: Index },
    Stay { node: Index, reader: Reader },
    Hear { live: Index },
    Resume { node: Index, id: Index, recent: bool, reader: Reader },
    ReadHistory { node: Index, id: Index, recent: bool, reader: Reader, limit: u8 },
}

fn readers() -> impl Strategy<Value = Reader> {
    let reads = proptest::option::of(select(&PATTERNS[..]));
    (subsequence(SELECTORS.to_vec(), 1..=3), reads)
        .prop_map(|(selectors, reads)| Reader { selectors, reads })
}

pub(super) fn steps() -> impl Strategy<Value = Step> {
    let node = any::<Index>;
    let topic = || select(&TOPICS[..]);
    prop_oneof![
        10 => (node(), subsequence(TOPICS.to_vec(), 1..=3), any::<bool>(), 1..6_u8).prop_map(
            |(node, topics, private, times)| Step::Publish { node, topics, private, times }
        ),
        1 => (node(), topic()).prop_map(|(node, topic)| Step::FailToPublish { node, topic }),
        1 => (node(), topic()).prop_map(|(node, topic)| Step::Purge { node, topic }),
        2 => (node(), 0..20_usize).prop_map(|(node, back)| Step::Remove { node, back }),
        2 => node().prop_map(|node| Step::Backup { node }),
        2 => (node(), any::<Index>()).prop_map(|(node, backup)| Step::Restore { node, backup }),
        1 => node().prop_map(|node| Step::CopyToAnother { node }),
        1 => node().prop_map(|node| Step::Restart { node }),
        1 => node().prop_map(|node| Step::Kill { node }),
        1 => node().prop_map(|node| Step::CutPower { node }),
        2 => (node(), readers()).prop_map(|(node, reader)| Step::Stay { node, reader }),
        3 => any::<Index>().prop_map(|live| Step::Hear { live }),
        8 => (node(), any::<Index>(), any::<bool>(), readers())
            .prop_map(|(node, id, recent, reader)| Step::Resume { node, id, recent, reader }),
        5 => (node(), any::<Index>(), any::<bool>(), readers(), 1..9_u8).prop_map(
            |(node, id, recent, reader, limit)| Step::ReadHistory { node, id, recent, reader, limit }
        ),
    ]
}
