//! `belfry publish`: data goes in, the id of the event that it has become comes out.

use std::{
    ffi::OsString,
    hash::{BuildHasher, RandomState},
    io::{Read, Write},
    os::unix::ffi::OsStringExt,
    time::Duration,
};

use app::event::Receipt;
use clap::Args;
use form_urlencoded::Serializer;

use super::{Server, ServerFlags, print_line, timeout, topic};
use crate::{
    command::Failure,
    config::{BadSetting, Found},
    event::{EventType, LARGEST_DATA, Topic, check_name},
};

pub(crate) const AFTER_HELP: &str = "\
The data is sent as it is, a line end at its end too: printf leaves it out, echo does not. When the
id is printed, the event is on the server's disk. Where the server does not answer, or asks for
patience, the same request is sent again; its key makes sure that there is one event.

Environment (a flag goes before its variable):
  BELFRY_URL    --url
  BELFRY_TOKEN  --token
  SSL_CERT_FILE, HTTPS_PROXY, NO_PROXY  as for other programs

Exit codes:
  0 published    1 refused, or not reached in time    2 bad arguments";

/// What to publish.
#[derive(Clone, Debug, Args)]
pub struct Flags {
    #[command(flatten)]
    server: ServerFlags,
    /// The topic
    topic: String,
    /// The data, as UTF-8; - or nothing is all of stdin
    #[arg(allow_hyphen_values = true)]
    data: Option<OsString>,
    /// The event's type, which a page listens for
    #[arg(long = "type", value_name = "TYPE")]
    event_type: Option<String>,
    /// Only readers whose token gives the right to one of its topics get it
    #[arg(long)]
    private: bool,
    /// Another topic of the same event. Again for more of them
    #[arg(long, value_name = "TOPIC")]
    also: Vec<String>,
    /// The same event sent again within a day under the same key is published once [default: random]
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    /// Print what the server answers, as JSON
    #[arg(long)]
    json: bool,
    /// How long all attempts together may take
    #[arg(long, value_name = "DURATION", default_value = "30s")]
    timeout: String,
}

/// An event to be published, and how.
#[derive(Debug)]
struct Publish {
    server: Server,
    /// Where to, with what stands around the data.
    place: String,
    key: String,
    json: bool,
    timeout: Duration,
}

/// Publishes an event and prints its id.
///
/// # Errors
/// Where an argument cannot be used, the server refuses, or it is not reached in time.
pub fn publish(
    mut flags: Flags,
    look_up: impl Fn(&str) -> Option<String>,
    input: impl Read,
    out: impl Write,
) -> Result<(), Failure> {
    let said = flags.data.take();
    let publish = Publish::from_flags(flags, look_up)?;
    let data = match said {
        Some(data) if data != "-" => data.into_vec(),
        _ => read(input)?,
    };
    if data.len() > LARGEST_DATA {
        return Err(Failure::new(format_args!("the data has more than {LARGEST_DATA} bytes")));
    }
    print_line(out, &publish.send(&data)?)
}

/// Reads all of stdin, as far as an event can hold it.
fn read(input: impl Read) -> Result<Vec<u8>, Failure> {
    let mut data = Vec::new();
    let read = input.take(LARGEST_DATA as u64 + 1).read_to_end(&mut data);
    read.map_err(|error| Failure::new(format_args!("cannot read stdin: {error}")))?;
    Ok(data)
}

impl Publish {
    fn from_flags(
        flags: Flags,
        look_up: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, BadSetting> {
        let server = Server::from_flags(flags.server, look_up)?;
        let mut query = Serializer::new(String::new());
        if let Some(name) = flags.event_type {
            Found::on_the_line("--type", name.clone()).read(EventType::new)?;
            query.append_pair("type", &name);
        }
        for name in flags.also {
            let topic = Found::on_the_line("--also", name).read(Topic::new)?;
            query.append_pair("also", topic.as_str());
        }
        if flags.private {
            query.append_pair("private", "1");
        }
        let query = query.finish();
        let mark = if query.is_empty() { "" } else { "?" };
        let place = format!("{}{mark}{query}", server.topic(&topic(flags.topic)?));
        let key = flags.idempotency_key.unwrap_or_else(random_key);
        Found::on_the_line("--idempotency-key", key.clone()).read(|key| check_name("key", key))?;
        Ok(Self { server, place, key, json: flags.json, timeout: timeout(flags.timeout)? })
    }

    /// What to print once the event is on the server's disk.
    fn send(&self, data: &[u8]) -> Result<String, Failure> {
        let answer = self.server.ask(self.timeout, |agent| {
            let request = agent.post(&self.place).header("idempotency-key", &self.key);
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

/// A key that nobody else has: 128 bits from what the operating system seeds hash maps with.
fn random_key() -> String {
    let half = || RandomState::new().hash_one(());
    format!("{:016x}{:016x}", half(), half())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::command::{Command, CommandLine};

    fn flags(arguments: &[&str]) -> Flags {
        let line = CommandLine::parse_from([&["belfry", "publish"], arguments].concat());
        let Command::Publish(flags) = line.command() else { panic!("{arguments:?}") };
        flags
    }

    fn publish(arguments: &[&str]) -> Result<Publish, String> {
        Publish::from_flags(flags(arguments), |_| None).map_err(|bad| bad.to_string())
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
            r#"TOPIC is "a//b": the topic has a segment that is empty, . or .."#
        );
        assert!(said(&["a", "--also", "*"]).starts_with(r#"--also is "*": "#));
        assert!(
            said(&["a", "--type", "gap"])
                .ends_with(r#"the type is "gap", which only the server uses"#)
        );
        assert!(said(&["a", "--idempotency-key", ""]).ends_with("the key is empty"));
        assert!(said(&["a", "--timeout", "9999999y"]).ends_with("not from 100ms to 1day"));
        assert!(said(&["a", "--timeout", "5"]).starts_with(r#"--timeout is "5": not a number"#));
    }
}
