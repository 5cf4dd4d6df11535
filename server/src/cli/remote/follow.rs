//! `belfry follow`: prints what is published to topics, line by line, reconnecting as often as needed.

mod lines;

use std::{
    io::{self, Read, Write},
    num::NonZeroU64,
    thread::sleep,
    time::Duration,
};

use axum::http::{
    HeaderValue,
    header::{ACCEPT, CONTENT_TYPE},
};
use belfry_hub::{event::Invalid, selector::Selector};
use clap::Args;
use form_urlencoded::Serializer;
use ureq::{Body, http::Response};
use wire::{
    headers::LAST_EVENT_ID,
    limits::SILENCE,
    parameters::{FORMAT, JSON, LAST, TOPIC},
    paths::STREAM_PATH,
};

use self::lines::{Lines, Stop};
use super::{Server, ServerFlags, answer::Answer, back_off::BackOff, is_hopeless, stream::Decoder};
use crate::{
    config::{BadSetting, Setting},
    failure::Failure,
};

pub(crate) const AFTER_HELP: &str = "\
Prints the data of each event unchanged, followed by a newline. With --json, prints each event as one
line with its id, type, topics, data and time of publishing. If the stream ends, is silent for 45 s or
cannot be opened, says so on stderr and reconnects, continuing after the last event.

If events are missing, stderr says why: expired (the server no longer keeps them), epoch (the log is a
different one, or was restored from an earlier copy), damaged (the server could not read them) or
unknown (the id is invalid, or beyond the last event). With --json, stdout also gets a line in their
place, of type gap, with the reason in its data.

If a single event, or all earlier events of a topic, were removed, stderr says so. With --json, this
is an event like any other, of type purged.

Environment:
  BELFRY_TOKEN  needed only for private events; if the server rejects it, stderr says so, and follow
                continues without it, with public events only
  SSL_CERT_FILE, HTTPS_PROXY, NO_PROXY  as in other programs

Exit codes:
  0 --count reached, or stdout closed
  1 refused, --token rejected, or token expired while reading    2 invalid arguments";

/// The waits between attempts, before the jitter.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(12);

/// What to follow.
#[derive(Clone, Debug, Args)]
pub struct Flags {
    #[command(flatten)]
    server: ServerFlags,
    /// Topics to follow; chat/* stands for every topic under chat/
    #[arg(required = true, value_name = "TOPIC")]
    topics: Vec<Setting>,
    /// Start after the event with this id; if the id is unknown, start with the oldest event
    #[arg(long, value_name = "ID")]
    after: Option<Setting>,
    /// Start with each topic's newest event
    #[arg(long, conflicts_with = "after")]
    last: bool,
    /// Print each event as one line of JSON
    #[arg(long)]
    json: bool,
    /// Exit after this many events
    #[arg(long, value_name = "NUMBER")]
    count: Option<NonZeroU64>,
}

/// A reader of some topics.
#[derive(Debug)]
pub struct Follow {
    server: Server,
    /// Where the stream is.
    place: String,
    /// The id of the last event that came completely, or to begin after.
    cursor: Option<HeaderValue>,
    json: bool,
    /// How many events to print; `None` is no end.
    count: Option<NonZeroU64>,
    /// The longest silence. Default [`SILENCE`].
    pub silence: Duration,
}

/// Why a stream is read no further.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// Everything has been printed, or nobody reads it any more.
    Done,
    /// The next attempt may work; not before so long.
    Again(Failure, Option<Duration>),
    /// The server does not accept the token.
    NotAccepted(Failure),
    /// No attempt will.
    Failed(Failure),
}

impl Follow {
    /// Reads what to follow.
    ///
    /// # Errors
    /// The first argument that cannot be used.
    pub fn from_flags(flags: Flags) -> Result<Self, BadSetting> {
        let server = Server::from_flags(flags.server)?;
        let mut query = Serializer::new(String::new());
        for name in flags.topics {
            query.append_pair(TOPIC, &name.read(followed)?);
        }
        query.append_pair(FORMAT, JSON);
        if flags.last {
            query.append_pair(LAST, "1");
        }
        let place = format!("{}{STREAM_PATH}?{}", server.base, query.finish());
        let after = flags.after.map(|id| id.read(cursor));
        Ok(Self {
            server,
            place,
            cursor: after.transpose()?,
            json: flags.json,
            count: flags.count,
            silence: SILENCE,
        })
    }

    /// Prints events to `out` until there are enough or nobody reads them, and reports gaps and waits in
    /// `notes`.
    ///
    /// # Errors
    /// Where the server refuses, the token expires, or `out` cannot be written.
    pub fn run(mut self, out: impl Write, notes: impl Write) -> Result<(), Failure> {
        let mut lines = Lines::new(self.json, self.count, out, notes);
        let mut back_off = BackOff::new(FIRST_WAIT, LONGEST_WAIT);
        loop {
            let end = self.open().map(|stream| self.read(stream, &mut back_off, &mut lines));
            match end.unwrap_or_else(|end| end) {
                End::Done => return Ok(()),
                End::NotAccepted(failure) if self.server.forget_token() => lines.note(&format!(
                    "the server rejects BELFRY_TOKEN: {failure}; continuing without it, with public events only"
                )),
                End::NotAccepted(failure) | End::Failed(failure) => return Err(failure),
                End::Again(failure, at_least) => {
                    let wait = back_off.wait(at_least, fastrand::f64());
                    let seconds = wait.as_secs_f64();
                    lines.note(&format!("{failure}; retrying in {seconds:.1} s"));
                    sleep(wait);
                }
            }
        }
    }

    /// Opens the stream after the last event that came.
    fn open(&self) -> Result<Response<Body>, End> {
        let agent = Server::agent()
            .timeout_recv_response(Some(self.silence))
            .timeout_per_read(Some(self.silence))
            .build()
            .new_agent();
        let mut request = agent.get(&self.place).header(ACCEPT, "text/event-stream");
        if let Some(cursor) = &self.cursor {
            request = request.header(LAST_EVENT_ID, cursor);
        }
        let answered = self.server.as_whom(request).call();
        let stream = answered.map_err(|error| self.lost(&error))?;
        let content_type = stream.headers().get(CONTENT_TYPE);
        let is_stream =
            content_type.is_some_and(|value| value.as_bytes().starts_with(b"text/event-stream"));
        if stream.status() == 200 && is_stream {
            return Ok(stream);
        }
        let answer = Answer::read(stream).map_err(|error| self.lost(&error))?;
        if answer.status.is_server_error() || answer.is_busy() {
            return Err(End::Again(self.server.refusal(&answer), answer.retry_after()));
        }
        if answer.status == 401 {
            return Err(End::NotAccepted(self.server.refusal(&answer)));
        }
        let is_no_stream = answer.status == 200;
        let failure =
            if is_no_stream { self.server.not_belfry() } else { self.server.refusal(&answer) };
        Err(End::Failed(failure))
    }

    fn lost(&self, error: &ureq::Error) -> End {
        let failure = self.server.unreachable(error);
        if is_hopeless(error) { End::Failed(failure) } else { End::Again(failure, None) }
    }

    /// Why a stream could not be read to its end.
    fn cut(&self, error: &io::Error) -> Failure {
        let cause = error.get_ref().and_then(|cause| cause.downcast_ref());
        if let Some(ureq::Error::Timeout(_)) = cause {
            let silence = humantime::format_duration(self.silence);
            return Failure::new(format_args!("no data received for {silence}"));
        }
        Failure::new(format_args!("the stream was interrupted: {error}"))
    }

    /// Prints what a stream brings until it ends.
    fn read(
        &mut self,
        stream: Response<Body>,
        back_off: &mut BackOff,
        lines: &mut Lines<impl Write, impl Write>,
    ) -> End {
        let mut body = stream.into_body().into_reader();
        let (mut decoder, mut events, mut bytes) = (Decoder::default(), Vec::new(), [0; 16 * 1024]);
        loop {
            let read = match body.read(&mut bytes) {
                Ok(0) => return End::Again(Failure::new("the stream ended"), None),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    return End::Again(self.cut(&error), None);
                }
            };
            back_off.reset();
            let fed = decoder.feed(&bytes[..read], &mut events);
            decoder.retry().into_iter().for_each(|retry| back_off.ask(retry));
            for event in events.drain(..) {
                match lines.print(&event) {
                    Ok(()) => {}
                    Err(Stop::Done) => return End::Done,
                    Err(Stop::Failed(failure)) => return End::Failed(failure),
                    Err(Stop::NotBelfry) => return End::Failed(self.server.not_belfry()),
                }
            }
            if let Err(error) = fed {
                return End::Failed(Failure::new(error));
            }
            if let Some(id) = decoder.last_id() {
                self.cursor = HeaderValue::from_str(id).ok().filter(|id| !id.is_empty());
            }
        }
    }
}

/// Reads a topic, or the beginning of topics' names up to a slash, and `*`.
fn followed(name: &str) -> Result<String, Invalid> {
    Selector::exactly(name).map(|selector| selector.to_string())
}

/// Reads an id to start after. Whether it is valid is for the server to say, in the stream.
fn cursor(id: &str) -> Result<HeaderValue, &'static str> {
    let visible = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_graphic());
    let cursor = HeaderValue::from_str(id).ok().filter(|_| visible);
    cursor.ok_or("must be an event id, as printed by `belfry publish`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Command, parsed};

    fn follow(arguments: &[&str]) -> Result<Follow, String> {
        let line = [&["belfry", "follow"], arguments].concat();
        let command = parsed(line, &[]).map_err(|error| error.to_string())?;
        let Command::Follow(flags) = command else { panic!("{arguments:?}") };
        Follow::from_flags(flags).map_err(|bad| bad.to_string())
    }

    #[test]
    fn what_to_follow_is_in_the_address_and_where_to_begin_in_a_header() {
        let place = "http://127.0.0.1:3000/sse?topic=a%2Fb&topic=c+%26&format=json";
        let one = follow(&["a/b", "c &", "--after", "AAAAAAAAAAAAO-12", "--count", "2"]).unwrap();
        assert_eq!(one.place, place);
        assert_eq!(one.cursor.unwrap(), "AAAAAAAAAAAAO-12");
        assert_eq!(one.count, NonZeroU64::new(2));
        assert_eq!(follow(&["a/b", "c &", "--last"]).unwrap().place, format!("{place}&last=1"));
        assert!(follow(&["chat/*"]).unwrap().place.contains("?topic=chat%2F*&"));
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let said = |arguments: &[&str]| follow(arguments).unwrap_err();
        assert!(
            said(&["a", "b//c"])
                .starts_with(r#"invalid value "b//c" for TOPIC: topic must not have a segment"#)
        );
        for topic in ["*", "a*", "a/*/b", "a/**", "/*"] {
            let begin = format!("invalid value {topic:?} for TOPIC: topic must ");
            assert!(said(&[topic]).starts_with(&begin), "{topic}");
        }
        for after in ["", "a b", "a\nb", "é"] {
            assert!(
                said(&["a", "--after", after])
                    .ends_with("must be an event id, as printed by `belfry publish`")
            );
        }
        assert!(said(&[]).contains("<TOPIC>..."));
        assert!(said(&["a", "--after", "b", "--last"]).contains("cannot be used with"));
        assert!(said(&["a", "--count", "0"]).contains("--count"));
    }
}
