//! The output of `belfry follow`: events on stdout, notes on stderr.

use std::{
    io::{self, Write},
    num::NonZeroU64,
};

use belfry_hub::Clock;
use serde::de::DeserializeOwned;
use wire::{
    event::{EXPIRED, Envelope, GAP, Gap, MESSAGE, PURGED, Purge},
    tick::Tick,
    topics::READERS,
};

use crate::{cli::remote::stream::Event, failure::Failure};

/// Where events and notes are written.
#[derive(Debug)]
pub(super) struct Lines<Out, Notes> {
    json: bool,
    /// How many events are still to be printed; `None` is no end.
    left: Option<NonZeroU64>,
    out: Out,
    notes: Notes,
}

/// Why no more is to be printed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// Everything has been printed, or nobody reads it any more.
    Done,
    /// What was received is not an event of Belfry's.
    NotBelfry,
    /// The stream or stdout cannot be used any more.
    Failed(Failure),
}

impl<Out: Write, Notes: Write> Lines<Out, Notes> {
    pub(super) fn new(json: bool, count: Option<NonZeroU64>, out: Out, notes: Notes) -> Self {
        Self { json, left: count, out, notes }
    }

    /// Prints an event that somebody published, and says on stderr what the server has to say.
    pub(super) fn print(&mut self, event: &Event) -> Result<(), Stop> {
        match &*event.event_type {
            MESSAGE | READERS => {
                let envelope: Envelope = read(&event.data)?;
                if !self.json && envelope.event_type == PURGED {
                    // It has no data to print, and an empty line would look like an event.
                    let topics = envelope.topics.join(", ");
                    let removed = match envelope.purge() {
                        Some(Purge::Earlier) => format!("earlier events of {topics}"),
                        Some(Purge::One(id)) => format!("event {id} of {topics}"),
                        None => format!("events of {topics}"),
                    };
                    self.note(&format!("purged: {removed}"));
                    return Ok(());
                }
                self.line(if self.json { &event.data } else { &envelope.data })?;
                if let Some(left) = self.left {
                    self.left = Some(NonZeroU64::new(left.get() - 1).ok_or(Stop::Done)?);
                }
                Ok(())
            }
            GAP => self.gap(&event.data),
            EXPIRED => Err(Stop::Failed(Failure::new("the token has expired"))),
            _ => Ok(()),
        }
    }

    /// Reports something on stderr. If that fails, it is no reason to stop.
    pub(super) fn note(&mut self, note: &str) {
        let _ = writeln!(self.notes, "belfry: {}", Failure::new(note));
    }

    /// With JSON, a gap is also printed in its place, in the form of an event.
    fn gap(&mut self, data: &str) -> Result<(), Stop> {
        let gap: Gap = read(data)?;
        self.note(&format!("gap: {}, after {}", gap.reason, gap.after));
        if !self.json {
            return Ok(());
        }
        let line = serde_json::to_string(&Envelope {
            id: None,
            event_type: GAP.into(),
            topics: Vec::new(),
            data: data.into(),
            at: Tick::from_micros(Clock::system().now()).to_string(),
            private: false,
        });
        self.line(&line.map_err(|error| Stop::Failed(Failure::new(error)))?)
    }

    fn line(&mut self, line: &str) -> Result<(), Stop> {
        let line = [line, "\n"].concat();
        self.out.write_all(line.as_bytes()).and_then(|()| self.out.flush()).map_err(|error| {
            if error.kind() == io::ErrorKind::BrokenPipe {
                Stop::Done
            } else {
                Stop::Failed(Failure::new(format_args!("cannot write to stdout: {error}")))
            }
        })
    }
}

fn read<T: DeserializeOwned>(data: &str) -> Result<T, Stop> {
    serde_json::from_str(data).map_err(|_| Stop::NotBelfry)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAP_DATA: &str = r#"{"reason":"expired","after":"AAAAAAAAAAAAO-12"}"#;

    fn event(event_type: &str, data: &str) -> Event {
        Event { event_type: event_type.into(), data: data.into() }
    }

    fn message(data: &str) -> Event {
        event(
            "message",
            &format!(
                r#"{{"type":"a","topics":["t"],"data":{data:?},"at":"2026-11-22T05:18:01.400Z"}}"#
            ),
        )
    }

    /// What is printed and noted, and why no more is.
    fn printed(json: bool, count: u64, events: &[Event]) -> (String, String, Option<Stop>) {
        let (mut out, mut notes) = (Vec::new(), Vec::new());
        let mut lines = Lines::new(json, NonZeroU64::new(count), &mut out, &mut notes);
        let stop = events.iter().find_map(|event| lines.print(event).err());
        (String::from_utf8(out).unwrap(), String::from_utf8(notes).unwrap(), stop)
    }

    #[test]
    fn an_event_is_its_data_or_one_line_of_json() {
        let events = [message("a"), message("b\nc"), message("")];
        assert_eq!(printed(false, 0, &events), ("a\nb\nc\n\n".into(), String::new(), None));
        let (json, ..) = printed(true, 0, &events);
        assert_eq!(json, events.map(|event| event.data + "\n").concat());
    }

    #[test]
    fn a_gap_is_noted_and_in_its_place_in_the_json() {
        let events = [event("gap", GAP_DATA), message("a")];
        let note = "belfry: gap: expired, after AAAAAAAAAAAAO-12\n";
        assert_eq!(printed(false, 1, &events), ("a\n".into(), note.into(), Some(Stop::Done)));
        let (json, notes, stop) = printed(true, 1, &events);
        assert_eq!((&*notes, stop), (note, Some(Stop::Done)));
        let gap: Envelope = serde_json::from_str(json.lines().next().unwrap()).unwrap();
        assert_eq!((&*gap.event_type, &*gap.data, gap.id), ("gap", GAP_DATA, None));
        assert_eq!(json.lines().count(), 2);
    }

    #[test]
    fn a_purge_is_noted_or_one_line_of_json() {
        let data = r#"{"id":"x-1","type":"purged","topics":["a/b"],"data":"","at":"2026-11-22T05:18:01.400Z"}"#;
        let events = [event("message", data), message("a")];
        let note = "belfry: purged: earlier events of a/b\n";
        assert_eq!(printed(false, 1, &events), ("a\n".into(), note.into(), Some(Stop::Done)));
        let line = data.to_owned() + "\n";
        assert_eq!(printed(true, 1, &events), (line, String::new(), Some(Stop::Done)));
    }

    #[test]
    fn a_purge_of_one_event_names_it() {
        let data = r#"{"id":"x-9","type":"purged","topics":["a"],"data":"{\"id\":\"x-7\"}","at":"2026-11-22T05:18:01.400Z"}"#;
        let (out, notes, _) = printed(false, 0, &[event("message", data)]);
        assert_eq!((&*out, &*notes), ("", "belfry: purged: event x-7 of a\n"));
        let newer = data.replace(r#"{\"id\":\"x-7\"}"#, "otherwise");
        let (_, notes, _) = printed(false, 0, &[event("message", &newer)]);
        assert_eq!(notes, "belfry: purged: events of a\n");
    }

    #[test]
    fn events_are_counted_and_the_servers_own_are_not() {
        let events = [message("a"), event("session", "{}"), message("b"), message("c")];
        assert_eq!(printed(false, 2, &events), ("a\nb\n".into(), String::new(), Some(Stop::Done)));
    }

    #[test]
    fn an_expired_token_and_a_stream_of_others_are_the_end() {
        let (.., stop) = printed(false, 0, &[event("expired", "{}")]);
        assert_eq!(stop, Some(Stop::Failed(Failure::new("the token has expired"))));
        let (.., stop) = printed(false, 0, &[event("message", "2026-11-22")]);
        assert_eq!(stop, Some(Stop::NotBelfry));
    }

    #[test]
    fn whoever_stops_reading_ends_it_and_a_full_disk_is_said() {
        let stop = |kind: io::ErrorKind| {
            struct Broken(io::ErrorKind);
            impl Write for Broken {
                fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                    Err(self.0.into())
                }
                fn flush(&mut self) -> io::Result<()> {
                    Ok(())
                }
            }
            Lines::new(false, None, Broken(kind), io::sink()).print(&message("a")).unwrap_err()
        };
        assert_eq!(stop(io::ErrorKind::BrokenPipe), Stop::Done);
        let Stop::Failed(failure) = stop(io::ErrorKind::StorageFull) else { panic!() };
        assert!(failure.to_string().starts_with("cannot write to stdout: "), "{failure}");
    }
}
