use proptest::{collection::vec, prelude::*, sample::Index};

use super::*;

fn spans(all: &[(&str, u64)]) -> Vec<Span> {
    all.iter().map(|(epoch, after)| Span { epoch: (*epoch).to_owned(), after: *after }).collect()
}

fn cursor(text: &str) -> Cursor {
    Cursor::parse(text).unwrap()
}

fn known(all: &[(&str, u64)]) -> Spans {
    let mut known = Spans::default();
    known.learn(&spans(all));
    known
}

#[test]
fn within_one_epoch_the_sequence_tells() {
    let spans = Spans::default();
    assert!(spans.reaches(&cursor("E-7"), &cursor("E-7")));
    assert!(!spans.reaches(&cursor("E-7"), &cursor("E-8")));
    assert_eq!(spans.compare(&cursor("E-7"), &cursor("F-8")), None);
}

#[test]
fn a_cursor_is_read_in_one_form_alone() {
    assert_eq!(cursor("E-10").to_string(), "E-10");
    assert_eq!(cursor("E-0"), Cursor { epoch: "E".into(), sequence: 0 });
    for bad in ["", "E", "E-", "E-+1", "E-01", "E-00", "E-1 ", "E-18446744073709551616"] {
        assert_eq!(Cursor::<String>::parse(bad), None, "{bad}");
    }
}

#[test]
fn across_epochs_it_tells_within_their_spans_alone() {
    let spans = known(&[("E", 0), ("F", 50), ("G", 80)]);
    let compare = |one, other| spans.compare(&cursor(one), &cursor(other));
    assert_eq!(compare("E-49", "F-51"), Some(Ordering::Less));
    assert_eq!(compare("G-81", "E-50"), Some(Ordering::Greater));
    assert_eq!(compare("E-50", "F-50"), Some(Ordering::Equal), "the same place");
    for beyond in ["E-51", "G-79", "H-1"] {
        assert_eq!((compare(beyond, "F-60"), compare("F-60", beyond)), (None, None), "{beyond}");
    }
    assert_eq!([compare("F-49", "G-90"), compare("F-81", "G-90")], [None, None]);
}

#[test]
fn what_is_learned_goes_on_from_what_was_known() {
    let mut it = known(&[("E", 0), ("F", 50)]);
    it.learn(&spans(&[("F", 50), ("G", 80)]));
    assert_eq!(it, known(&[("E", 0), ("F", 50), ("G", 80)]));
    // The log was restored: it has never had G.
    it.learn(&spans(&[("E", 0), ("F", 50), ("H", 70)]));
    assert_eq!(it, known(&[("E", 0), ("F", 50), ("H", 70)]));
    it.learn(&[]);
    assert_eq!(it, known(&[("E", 0), ("F", 50), ("H", 70)]));
    // Nothing leads from what was known to this.
    it.learn(&spans(&[("K", 99)]));
    assert_eq!(it, known(&[("K", 99)]));
}

#[test]
fn only_the_newest_are_kept() {
    let name = |number: u64| Span { epoch: format!("E{number}"), after: number };
    let mut it = Spans::default();
    for number in 0..1000 {
        it.learn(&[name(number), name(number + 1)]);
    }
    assert_eq!(it.0.len(), SPANS_KEPT);
    assert_eq!(it.0.last(), Some(&name(1000)));
}

/// What happens to a log, and to those who read it.
#[derive(Clone, Debug)]
enum Act {
    Publish(u64),
    /// The log is reopened: its next event begins another epoch.
    Restart,
    Backup,
    /// An earlier backup takes the log's place.
    Restore(Index),
    /// A reader tells a place where it has been, and is told the log's epochs from there on.
    Ask(Index),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        6 => (1..4u64).prop_map(Act::Publish),
        3 => Just(Act::Restart),
        1 => Just(Act::Backup),
        1 => any::<Index>().prop_map(Act::Restore),
        3 => any::<Index>().prop_map(Act::Ask),
    ];
    vec(act, 0..60)
}

/// A log: the epoch of each of its events.
#[derive(Clone, Default)]
struct Log {
    events: Vec<u64>,
    fresh: bool,
}

impl Log {
    fn spans(&self) -> Vec<Span> {
        let begins = |at: &usize| *at == 0 || self.events[*at] != self.events[*at - 1];
        let begins = (0..self.events.len()).filter(begins);
        begins.map(|at| Span { epoch: name(self.events[at]), after: at as u64 }).collect()
    }

    fn holds(&self, place: &Cursor) -> bool {
        let epoch = |at: u64| self.events.get(usize::try_from(at).ok()?).copied().map(name);
        let begins = epoch(place.sequence).is_some_and(|epoch| epoch == place.epoch);
        begins || place.sequence.checked_sub(1).and_then(epoch).is_some_and(|it| it == place.epoch)
    }
}

fn name(epoch: u64) -> String {
    format!("E{epoch}")
}

proptest! {
    /// Over any history of restarts and restores: what is compared across epochs lies in the log, and
    /// all that lies in it from the place on where one asked is compared.
    #[test]
    fn places_are_compared_in_one_log_alone(acts in acts()) {
        let (mut log, mut backups, mut epochs) = (Log::default(), vec![Log::default()], 0);
        let (mut places, mut it) = (vec![cursor("X-1")], Spans::default());
        for act in acts {
            match act {
                Act::Publish(events) => for _ in 0..events {
                    epochs += u64::from(!std::mem::replace(&mut log.fresh, true));
                    log.events.push(epochs);
                    let sequence = log.events.len() as u64;
                    places.push(Cursor { epoch: name(epochs), sequence });
                },
                Act::Restart => log.fresh = false,
                Act::Backup => backups.push(log.clone()),
                Act::Restore(which) => log = Log { fresh: false, ..which.get(&backups).clone() },
                Act::Ask(which) => {
                    let asked = which.get(&places);
                    let all = log.spans();
                    let from = all.iter().position(|it| it.epoch == asked.epoch && log.holds(asked));
                    let from = from.unwrap_or(all.len().saturating_sub(1));
                    it.learn(&all[from..]);
                    if all.is_empty() {
                        continue;
                    }
                    // Until its first event no epoch says that the one before it has ended.
                    let open = |it: &Cursor| !log.fresh && it.epoch == all[all.len() - 1].epoch;
                    let holds = |it: &Cursor| log.holds(it) || open(it);
                    for one in &places {
                        if it.holds(one) == Some(true) {
                            prop_assert!(holds(one), "{one} is not in the log");
                        } else {
                            let here = log.holds(one) && one.sequence > all[from].after;
                            prop_assert!(!here, "{one} was forgotten");
                        }
                        for other in &places {
                            let compared = it.compare(one, other);
                            let both = holds(one) && holds(other);
                            if one.epoch != other.epoch {
                                prop_assert!(compared.is_none() || both, "{one} and {other}");
                            }
                            if let Some(order) = compared {
                                prop_assert_eq!(order, one.sequence.cmp(&other.sequence));
                            }
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn nothing_panics(all in vec(("[A-C]", 0..9u64), 0..9), one in "[A-C]-[0-9]", other in "[A-C]-[0-9]") {
        let all: Vec<_> = all.iter().map(|(epoch, after)| (epoch.as_str(), *after)).collect();
        let _ = known(&all).compare(&cursor(&one), &cursor(&other));
    }
}
