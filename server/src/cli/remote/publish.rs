//! `belfry publish`: publishes an event, and prints its id.

use std::{
    ffi::OsString,
    io::{Read, Write},
    os::unix::ffi::OsStringExt,
    time::Duration,
};

use belfry_hub::event::{EventType, Topic, check_name};
use clap::Args;
use data_encoding::HEXLOWER;
use form_urlencoded::Serializer;
use wire::{
    headers::IDEMPOTENCY_KEY,
    limits::LARGEST_DATA,
    parameters::{ALSO, PRIVATE, TYPE},
    topics::Receipt,
};

use super::{Server, ServerFlags, timeout, topic};
use crate::{
    config::{BadSetting, Setting},
    failure::Failure,
    stdout::print_line,
};

pub(crate) const AFTER_HELP: &str = "\
The data is sent unchanged, including a final newline: echo adds one, printf does not. By the time the
id is printed, the event is on the server's disk. If the server does not answer or is busy, the request
is sent again with the same key, so that the event is published only once.

Environment:
  SSL_CERT_FILE, HTTPS_PROXY, NO_PROXY  as in other programs

Exit codes:
  0 published    1 refused, or server not reached in time    2 invalid arguments";

/// What to publish.
#[derive(Clone, Debug, Args)]
pub struct Flags {
    #[command(flatten)]
    server: ServerFlags,
    /// Topic to publish to
    topic: Setting,
    /// Data of the event, in UTF-8; read from stdin if absent or -
    #[arg(allow_hyphen_values = true)]
    data: Option<OsString>,
    /// Type of the event, which a page passes to addEventListener
    #[arg(long = "type", value_name = "TYPE")]
    event_type: Option<Setting>,
    /// Show the event only to readers who follow one of its topics with a token that may read it
    #[arg(long)]
    private: bool,
    /// Another topic for the same event. May be repeated
    #[arg(long, value_name = "TOPIC")]
    also: Vec<Setting>,
    /// Key of the event; an event sent again with the same key within 24 hours is published only once
    /// [default: random]
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<Setting>,
    /// Print the server's answer as JSON
    #[arg(long)]
    json: bool,
    /// Time limit for all attempts together
    #[arg(long, value_name = "DURATION", default_value = "30s")]
    timeout: Setting,
}

/// An event to be published, and how.
#[derive(Debug)]
struct Publish {
    server: Server,
    /// The URL, with everything but the data in its query.
    place: String,
    key: String,
    json: bool,
    timeout: Duration,
}

/// Publishes an event and prints its id.
///
/// # Errors
/// If an argument is invalid, the server refuses, or it is not reached in time.
pub fn publish(mut flags: Flags, input: impl Read, out: impl Write) -> Result<(), Failure> {
    let said = flags.data.take();
    let publish = Publish::from_flags(flags)?;
    let data = match said {
        Some(data) if data != "-" => data.into_vec(),
        _ => read(input)?,
    };
    if data.len() > LARGEST_DATA {
        return Err(Failure::new(format_args!("data must be at most {LARGEST_DATA} bytes")));
    }
    print_line(out, &publish.send(&data)?)
}

/// Reads stdin, up to one byte more than an event can hold.
fn read(input: impl Read) -> Result<Vec<u8>, Failure> {
    let mut data = Vec::new();
    let read = input.take(LARGEST_DATA as u64 + 1).read_to_end(&mut data);
    read.map_err(|error| Failure::new(format_args!("cannot read stdin: {error}")))?;
    Ok(data)
}

impl Publish {
    fn from_flags(flags: Flags) -> Result<Self, BadSetting> {
        let server = Server::from_flags(flags.server)?;
        let mut query = Serializer::new(String::new());
        if let Some(name) = flags.event_type {
            name.read(EventType::new)?;
            query.append_pair(TYPE, name.value());
        }
        for name in flags.also {
            let topic = name.read(Topic::new)?;
            query.append_pair(ALSO, topic.as_str());
        }
        if flags.private {
            query.append_pair(PRIVATE, "1");
        }
        let query = query.finish();
        let mark = if query.is_empty() { "" } else { "?" };
        let place = format!("{}{mark}{query}", server.topic(&topic(&flags.topic)?));
        let key = match flags.idempotency_key {
            Some(key) => key.read(|key| check_name("key", key).map(|()| key.to_owned()))?,
            None => random_key(),
        };
        Ok(Self { server, place, key, json: flags.json, timeout: timeout(&flags.timeout)? })
    }

    /// What to print once the event is on the server's disk.
    fn send(&self, data: &[u8]) -> Result<String, Failure> {
        let answer = self.server.ask(self.timeout, |agent| {
            let request = agent.post(&self.place).header(IDEMPOTENCY_KEY, &self.key);
            self.server.as_whom(request).content_type("text/plain; charset=utf-8").send(data)
        })?;
        let receipt = serde_json::from_slice::<Receipt>(&answer.body)
            .map_err(|_| self.server.not_belfry())?;
        if self.json {
            return Ok(String::from_utf8_lossy(&answer.body).trim().into());
        }
        Ok(receipt.id)
    }
}

/// A unique key: 128 random bits.
fn random_key() -> String {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).expect("the system has random bytes");
    HEXLOWER.encode(&bits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Command, parsed};

    fn flags(arguments: &[&str]) -> Flags {
        let line = [&["belfry", "publish"], arguments].concat();
        let Command::Publish(flags) = parsed(line, &[]).unwrap() else { panic!("{arguments:?}") };
        flags
    }

    fn publish(arguments: &[&str]) -> Result<Publish, String> {
        Publish::from_flags(flags(arguments)).map_err(|bad| bad.to_string())
    }

    #[test]
    fn what_stands_around_the_data_is_in_the_address() {
        assert_eq!(publish(&["a"]).unwrap().place, "http://127.0.0.1:3000/topics/a");
        let line = ["a/b c", "--also", "d&e", "--also", "f", "--type", "price", "--private"];
        assert_eq!(
            publish(&line).unwrap().place,
            "http://127.0.0.1:3000/topics/a/b%20c?type=price&also=d%26e&also=f&private=1"
        );
    }

    #[test]
    fn data_may_look_like_anything() {
        assert_eq!(flags(&["a", "-"]).data.as_deref(), Some("-".as_ref()));
        assert_eq!(flags(&["a", "-1.5"]).data.as_deref(), Some("-1.5".as_ref()));
        assert_eq!(flags(&["a", "--json", "b"]).data.as_deref(), Some("b".as_ref()));
        assert_eq!(flags(&["a", "--", "--json"]).data.as_deref(), Some("--json".as_ref()));
        assert_eq!(flags(&["a"]).data, None);
    }

    #[test]
    fn every_event_has_a_key_of_its_own_unless_told_otherwise() {
        let (one, another) = (publish(&["a"]).unwrap().key, publish(&["a"]).unwrap().key);
        assert_eq!(one.len(), 32);
        assert_ne!(one, another);
        assert_eq!(publish(&["a", "--idempotency-key", "k"]).unwrap().key, "k");
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let said = |arguments: &[&str]| publish(arguments).unwrap_err();
        assert_eq!(
            said(&["a//b"]),
            r#"invalid value "a//b" for TOPIC: topic must not have a segment that is empty, . or .."#
        );
        assert!(said(&["a", "--also", "*"]).starts_with(r#"invalid value "*" for --also: "#));
        assert!(
            said(&["a", "--type", "gap"])
                .ends_with(r#"type must not be "gap", which is reserved for the server"#)
        );
        assert!(said(&["a", "--idempotency-key", ""]).ends_with("key must not be empty"));
        assert!(said(&["a", "--timeout", "9999999y"]).ends_with("must be from 100ms to 1d"));
        assert!(
            said(&["a", "--timeout", "5"])
                .starts_with(r#"invalid value "5" for --timeout: must be a number"#)
        );
    }
}
