//! The main paths through nginx, HAProxy and Caddy: pages, language, sign-in, chat, streams, restarts.

use std::{
    io::Read,
    net::SocketAddr,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread::{self, sleep},
    time::{Duration, Instant},
};

use crate::{
    connection::Connection,
    program::Program,
    proxies::{Kind, NAME, Proxy, free_port},
    serving::Serving,
};

/// How long anything may take that has nothing to wait for.
const SOON: Duration = Duration::from_secs(20);

/// The program behind a proxy.
struct Behind {
    kind: Kind,
    /// The base path.
    base: &'static str,
    proxy: Proxy,
    serving: Option<Serving>,
    address: SocketAddr,
    token: String,
    program: Program,
    port: u16,
    flags: &'static [&'static str],
}

impl Behind {
    fn new(kind: Kind, base: &'static str) -> Self {
        Self::with(kind, base, &[])
    }

    fn with(kind: Kind, base: &'static str, flags: &'static [&'static str]) -> Self {
        let (program, port) = (Program::new(), free_port());
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let serving = serve(&program, address, &(origin(kind, port) + base), flags);
        let proxy = Proxy::start_under(base, kind, port, address);
        let token = program.token("data");
        Self { kind, base, proxy, serving: Some(serving), address, token, program, port, flags }
    }

    fn restart(&mut self) {
        drop(self.serving.take());
        self.serving = Some(serve(&self.program, self.address, &self.url(), self.flags));
    }

    fn origin(&self) -> String {
        origin(self.kind, self.port)
    }

    /// The server's own, with the base path.
    fn url(&self) -> String {
        self.origin() + self.base
    }

    fn curl(&self, path: &str) -> Command {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--insecure", "--max-time", "60", "--no-buffer"]);
        curl.args(["--noproxy", "*", "--resolve", &format!("{NAME}:{}:127.0.0.1", self.port)]);
        curl.arg(format!("{}{path}", self.url()));
        curl
    }

    /// An answer with its head, as text.
    fn ask(&self, path: &str, arguments: &[&str]) -> String {
        let output = self.curl(path).arg("--include").args(arguments).output().unwrap();
        assert!(output.status.success(), "{:?} {path}: {output:?}", self.kind);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn publish(&self, data: &str) -> String {
        let mut direct = Connection::open(self.address, &self.token).unwrap();
        direct.publish_under(self.base, "news", data).unwrap().unwrap().id
    }

    /// The data of the events after a cursor, once there are `count`; asks until it is answered.
    fn follows(&self, after: &str, count: usize) -> Vec<String> {
        let begun = Instant::now();
        loop {
            let path = format!("/sse?topic=news&last_event_id={after}");
            let mut stream = Stream::open(self, &path);
            let heard = stream.data(count);
            if heard.len() == count {
                return heard;
            }
            assert!(begun.elapsed() < SOON, "{:?}: {heard:?}", self.kind);
            sleep(Duration::from_millis(100));
        }
    }
}

fn origin(kind: Kind, port: u16) -> String {
    format!("{}://{NAME}:{port}", if kind.has_tls() { "https" } else { "http" })
}

fn serve(program: &Program, address: SocketAddr, public: &str, flags: &[&str]) -> Serving {
    let address = address.to_string();
    let arguments = ["--listen", &address, "--site", ".", "--data-dir", "data"];
    let behind = ["--public-url", public, "--trusted-proxy", "127.0.0.1", "--rooms", "any"];
    let arguments = [&arguments[..], &behind, flags].concat();
    Serving::start(program.command(&arguments))
}

/// A whole host, and a path of a shared one.
const BASES: [&str; 2] = ["", "/belfry"];

/// Each proxy, for both.
fn all() -> impl Iterator<Item = (Kind, &'static str)> {
    Kind::ALL.into_iter().flat_map(|kind| BASES.map(|base| (kind, base)))
}

/// A stream that curl reads; ended when dropped.
struct Stream(Child);

impl Stream {
    fn open(behind: &Behind, path: &str) -> Self {
        let mut curl = behind.curl(path);
        Self(curl.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap())
    }

    /// What comes, read by read, until there are `count` events or the stream ends.
    fn reads(&mut self, count: usize) -> Vec<(Instant, String)> {
        let (mut reads, mut piece, mut heard) = (Vec::new(), [0; 65_536], 0);
        let output = self.0.stdout.as_mut().unwrap();
        while heard < count {
            match output.read(&mut piece).unwrap() {
                0 => break,
                read => {
                    let text = String::from_utf8_lossy(&piece[..read]).into_owned();
                    heard += events(&text).len();
                    reads.push((Instant::now(), text));
                }
            }
        }
        reads
    }

    fn data(&mut self, count: usize) -> Vec<String> {
        let text: String = self.reads(count).into_iter().map(|(_, text)| text).collect();
        events(&text)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The data of the events in a piece of a stream.
fn events(text: &str) -> Vec<String> {
    text.lines().filter_map(|line| line.strip_prefix("data: ")).map(str::to_owned).collect()
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}

/// The pair of a cookie that an answer sets.
fn cookie<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = answer.lines().filter_map(|line| line.split_once(": "));
    let (_, cookie) = lines.find(|(field, value)| {
        field.eq_ignore_ascii_case("set-cookie") && value.starts_with(&format!("{name}="))
    })?;
    cookie.split(';').next()
}

#[test]
fn pages_language_sign_in_and_chat_work_through_each_proxy() {
    for (kind, base) in all() {
        let behind = Behind::new(kind, base);
        let prefix = match (kind.has_tls(), base) {
            (false, _) => "",
            (true, "") => "__Host-",
            (true, _) => "__Secure-",
        };
        let (origin, url) = (behind.origin(), behind.url());
        let page = behind.ask("/", &["--header", "Accept: text/html"]);
        assert_eq!(status(&page), "200", "{kind:?}{base}: {page}");
        assert!(page.contains(&format!("{url}/")), "{kind:?}{base}: {page}");
        assert_eq!(page.starts_with("HTTP/2 "), kind.has_tls(), "{kind:?}{base}");

        let chosen = behind.ask("/language?tag=zh-CN&to=/status", &[]);
        assert!(chosen.contains(&format!("ocation: {base}/status")), "{kind:?}{base}: {chosen}");
        let language = cookie(&chosen, &format!("{prefix}belfry-language")).expect(&chosen);
        let page = behind.ask("/", &["--cookie", language]);
        assert!(page.contains(r#"<html lang="zh-CN""#), "{kind:?}{base}: {page}");

        let (ours, theirs) = (format!("Origin: {origin}"), "Origin: https://evil.test");
        let form = ["--data-urlencode", "name=Ada", "--data-urlencode", "text=hello", "--header"];
        for (header, said) in [
            (&*ours, "200"),
            ("Sec-Fetch-Site: same-origin", "200"),
            (theirs, "403"),
            ("Sec-Fetch-Site: cross-site", "403"),
        ] {
            let answer = behind.ask("/chat/lobby", &[&form[..], &[header]].concat());
            assert_eq!(status(&answer), said, "{kind:?}{base} {header}: {answer}");
        }
        let room = behind.ask("/chat/lobby", &["--header", "Accept: text/html"]);
        assert!(room.contains(">hello<"), "{kind:?}{base}: {room}");

        let token = &*behind.token;
        let login = behind.ask("/login", &["--data-binary", token, "--header", &ours]);
        assert_eq!(status(&login), "204", "{kind:?}{base}: {login}");
        let kept = cookie(&login, &format!("{prefix}belfry-token")).expect(&login).to_owned();
        assert_eq!(login.contains("; Secure"), kind.has_tls(), "{kind:?}{base}: {login}");
        let write = ["--cookie", &kept, "--data-binary", "hello", "--header"];
        for (header, said) in [(&*ours, "200"), (theirs, "403"), ("X-None: x", "403")] {
            let answer = behind.ask("/topics/news", &[&write[..], &[header]].concat());
            assert_eq!(status(&answer), said, "{kind:?}{base} {header}: {answer}");
        }
    }
}

#[test]
fn a_restart_of_the_proxy_or_behind_it_loses_nothing() {
    for (kind, base) in all() {
        let mut behind = Behind::new(kind, base);
        let first = behind.publish("one");
        let mut reader = Stream::open(&behind, &format!("/sse?topic=news&last_event_id={first}"));
        let second = behind.publish("two");
        assert_eq!(reader.data(1), ["two"], "{kind:?}{base}");
        behind.restart();
        behind.publish("three");
        // Its stream has ended, and what it missed is there.
        assert_eq!(reader.data(1), [""; 0], "{kind:?}{base}");
        assert_eq!(behind.follows(&second, 1), ["three"], "{kind:?}{base}");

        let mut reader = Stream::open(&behind, &format!("/sse?topic=news&last_event_id={second}"));
        assert_eq!(reader.data(1), ["three"], "{kind:?}{base}");
        behind.proxy.restart();
        behind.publish("four");
        assert_eq!(reader.data(1), [""; 0], "{kind:?}{base}");
        assert_eq!(behind.follows(&second, 2), ["three", "four"], "{kind:?}{base}");
    }
}

#[test]
fn every_event_arrives_by_itself_and_soon() {
    const EVENTS: usize = 60;
    const APART: Duration = Duration::from_millis(50);
    // With nginx's own defaults it is our header that keeps it from collecting events.
    let shipped = [Kind::Nginx, Kind::Haproxy, Kind::HaproxyWithoutTls];
    let others = [Kind::Caddy, Kind::CaddyOfPypi, Kind::NginxDefault];
    let kinds = shipped.into_iter().chain(others);
    for (kind, base) in kinds.flat_map(|kind| BASES.map(|base| (kind, base))) {
        // The disk has its own delays.
        let behind = Behind::with(kind, base, &["--ephemeral"]);
        let first = behind.publish("0");
        let mut stream = Stream::open(&behind, &format!("/sse?topic=news&last_event_id={first}"));
        // The head is there, and a beginning without an event.
        behind.publish("begun");
        assert_eq!(stream.data(1), ["begun"], "{kind:?}{base}");
        let (sender, reads) = mpsc::channel();
        let reading = thread::spawn(move || {
            (0..EVENTS).try_for_each(|_| {
                stream.reads(1).into_iter().try_for_each(|read| sender.send(read))
            })
        });
        let mut direct = Connection::open(behind.address, &behind.token).unwrap();
        let mut delays = Vec::new();
        for number in 0..EVENTS {
            sleep(APART);
            let published = Instant::now();
            direct.publish_under(base, "news", &number.to_string()).unwrap().unwrap();
            // The next one is not published before: who is late here is the proxy, and not who reads.
            let (read, heard) = loop {
                let (read, text): (Instant, String) = reads
                    .recv_timeout(SOON)
                    .unwrap_or_else(|error| panic!("{kind:?}{base} keeps event {number}: {error}"));
                let heard = events(&text);
                if !heard.is_empty() {
                    break (read, heard);
                }
            };
            assert_eq!(heard, [number.to_string()], "{kind:?}{base}");
            delays.push(read.saturating_duration_since(published));
        }
        reading.join().unwrap().unwrap();
        delays.sort_unstable();
        let median = delays[EVENTS / 2];
        println!("{kind:?}{base}: {EVENTS} reads, after {median:?} at the median");
        assert!(median < Duration::from_millis(10), "{kind:?}{base}: {delays:?}");
    }
}
