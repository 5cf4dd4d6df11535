//! `belfry revoke` and signing out, at a program that serves.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    os::unix::fs::{MetadataExt, chown},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Signal, geteuid};

use crate::{program::Program, serving::Serving};

/// The longest that an answer takes, or a revocation until it is noticed.
const BOUND: Duration = Duration::from_secs(20);

/// Asks with a header, and returns the head of the answer, and the rest of it.
fn ask(serving: &Serving, request: &str, header: &str) -> (String, BufReader<TcpStream>) {
    let mut stream = TcpStream::connect(serving.address).unwrap();
    stream.set_read_timeout(Some(BOUND)).unwrap();
    let request = format!("{request} HTTP/1.0\r\nHost: localhost\r\n{header}\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let (mut stream, mut head) = (BufReader::new(stream), String::new());
    while !head.ends_with("\r\n\r\n") {
        assert!(stream.read_line(&mut head).unwrap() > 0, "{head}");
    }
    (head, stream)
}

/// The status, and the text of the body.
fn answer(serving: &Serving, header: &str) -> (u16, String) {
    let (head, mut stream) = ask(serving, "GET /topics/news", header);
    let mut body = String::new();
    stream.read_to_string(&mut body).unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body)
}

fn is_valid(serving: &Serving, header: &str) -> bool {
    let (status, said) = answer(serving, header);
    let says_why = said.contains("has been revoked") || said.contains("the session has ended");
    assert!(status == 200 || status == 401 && says_why, "{status} {said}");
    status == 200
}

fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}")
}

/// Signs in, and returns the header with the session, and its id by the log.
fn sign_in(serving: &Serving, token: &str) -> (String, String) {
    let (head, _) = ask(serving, "POST /login", &bearer(token));
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: "));
    let cookie = cookie.unwrap().split(';').next().unwrap();
    let logged = serving.logged("signed in");
    let id = logged.split("session=").nth(1).unwrap();
    let id = id.trim_start_matches('"').split(['"', ' ']).next().unwrap().to_owned();
    (format!("Cookie: {cookie}"), id)
}

fn stream(serving: &Serving, header: &str) -> BufReader<TcpStream> {
    let (head, mut stream) = ask(serving, "GET /sse?topic=news", header);
    assert!(head.contains(" 200 "), "{head}");
    let mut line = String::new();
    stream.read_line(&mut line).unwrap();
    stream
}

/// Reads a stream to its end, which has to come soon, and returns whether it was told that it expired.
fn has_expired(mut stream: BufReader<TcpStream>) -> bool {
    let (mut rest, begun) = (String::new(), Instant::now());
    stream.get_ref().set_read_timeout(Some(BOUND)).unwrap();
    while stream.read_line(&mut rest).unwrap() > 0 {
        assert!(begun.elapsed() < BOUND, "it goes on: {rest}");
    }
    let last = rest.trim_end().rsplit("\n\n").next();
    last.is_some_and(|event| event.starts_with("event: expired\n"))
}

/// Whether a stream is still open, and silent.
fn goes_on(stream: &mut BufReader<TcpStream>) -> bool {
    stream.get_ref().set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let mut line = String::new();
    loop {
        match stream.read_line(&mut line) {
            Ok(0) => return false,
            Ok(_) => assert!(!line.contains("expired"), "{line}"),
            Err(_) => return true,
        }
    }
}

/// Waits until something is no longer valid.
fn is_refused_soon(serving: &Serving, header: &str) -> bool {
    let begun = Instant::now();
    while is_valid(serving, header) {
        assert!(begun.elapsed() < BOUND);
        thread::sleep(Duration::from_millis(20));
    }
    true
}

fn token_of(program: &Program, subject: &str) -> String {
    let arguments = ["token", "--data-dir", "data", "--read", "news", "--subject", subject];
    let output = program.command(&arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

fn revoke(program: &Program, arguments: &[&str]) -> (i32, String) {
    let arguments = [&["revoke", "--data-dir", "data"], arguments].concat();
    let output = program.command(&arguments).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(said).unwrap())
}

#[test]
fn what_is_revoked_ends_its_streams_and_stays_so_after_a_restart() {
    let program = Program::new();
    let serving = program.serves(&["--data-dir", "data"]);
    let (ada, bob) = (token_of(&program, "Ada"), token_of(&program, "Bob"));
    let (session, id) = sign_in(&serving, &ada);
    let (other_session, _) = sign_in(&serving, &ada);
    let (bobs_session, _) = sign_in(&serving, &bob);
    let open = |header: &str| stream(&serving, header);
    let mut bobs = [open(&bearer(&bob)), open(&bobs_session), open("Accept: */*")];

    let (ended, mut others) = (open(&session), [open(&other_session), open(&bearer(&ada))]);
    assert_eq!(revoke(&program, &["--session", &id]), (0, "revoked the session\n".to_owned()));
    assert!(has_expired(ended) && !is_valid(&serving, &session));
    assert!(others.iter_mut().all(goes_on) && is_valid(&serving, &other_session));

    let said = "revoked the token, and the sessions that began with it\n";
    assert_eq!(revoke(&program, &[&ada]), (0, said.to_owned()));
    let by_bearer = open(&bearer(&bob));
    assert!(others.into_iter().all(has_expired) && !is_valid(&serving, &other_session));
    assert!(!is_valid(&serving, &bearer(&ada)) && is_valid(&serving, &bearer(&bob)));
    assert!(bobs.iter_mut().all(goes_on));

    let [by_token, by_session, mut anyones] = bobs;
    assert_eq!(revoke(&program, &["--subject", "Bob"]).0, 0);
    for stream in [by_bearer, by_token, by_session] {
        assert!(has_expired(stream));
    }
    assert!(goes_on(&mut anyones) && !is_valid(&serving, &bobs_session));
    serving.signal(Signal::TERM);
    serving.ended();

    let serving = program.serves(&["--data-dir", "data"]);
    for header in [&bearer(&ada), &bearer(&bob), &session, &other_session, &bobs_session] {
        assert!(!is_valid(&serving, header), "{header}");
    }
}

#[test]
fn a_copied_cookie_is_of_no_use_after_signing_out_also_after_a_kill() {
    let program = Program::new();
    for arguments in [&["--data-dir", "data"][..], &["--data-dir", "data", "--ephemeral"]] {
        let serving = program.serves(arguments);
        let ada = token_of(&program, "Ada");
        let (session, id) = sign_in(&serving, &ada);
        let (kept, _) = sign_in(&serving, &ada);
        let tabs = [stream(&serving, &session), stream(&serving, &session)];
        let (head, _) = ask(&serving, "DELETE /login", &session);
        // The answer is there: so is the line on disk.
        serving.signal(Signal::KILL);
        assert!(head.contains(" 204 ") && head.contains("belfry-token=;"), "{head}");
        assert!(fs::read_to_string(program.folder().join("data/revoked")).unwrap().contains(&id));
        drop(tabs);
        drop(serving);
        let serving = program.serves(arguments);
        assert!(!is_valid(&serving, &session), "{arguments:?}");
        assert!(is_valid(&serving, &kept) && is_valid(&serving, &bearer(&ada)), "{arguments:?}");
    }
}

#[test]
fn without_a_key_of_its_own_a_server_forgets_its_sessions_and_nothing_else() {
    let program = Program::new();
    program.serves(&["--data-dir", "data"]);
    let ada = token_of(&program, "Ada");
    let key = program.folder().join("data/key");
    let arguments = ["--ephemeral", "--jwt-secret-file", key.to_str().unwrap()];
    let serving = program.serves(&arguments);
    let (session, _) = sign_in(&serving, &ada);
    assert!(is_valid(&serving, &session));
    drop(serving);
    let serving = program.serves(&arguments);
    let (status, said) = answer(&serving, &session);
    assert!(status == 401 && said.contains("not signed with a key of this server"), "{said}");
    assert!(is_valid(&serving, &bearer(&ada)));
}

#[test]
fn a_damaged_list_lets_nobody_in_and_says_what_to_do() {
    let program = Program::new();
    let path = program.folder().join("data/revoked");
    let serving = program.serves(&["--data-dir", "data"]);
    let ada = token_of(&program, "Ada");
    assert_eq!(revoke(&program, &[&ada]).0, 0);
    assert!(is_refused_soon(&serving, &bearer(&ada)));
    let whole = fs::read(&path).unwrap();
    let mut damaged = whole.clone();
    damaged[30] ^= 1;
    fs::write(&path, &damaged).unwrap();
    assert!(!is_valid(&serving, &bearer(&ada)));
    let why = "belfry: cannot use the list of revocations data/revoked: line 1 is damaged; ";
    let (code, said) = revoke(&program, &["--subject", "Bob"]);
    assert!(code == 1 && said.starts_with(why), "{said}");
    drop(serving);
    let (code, said) = program.ends(&["--data-dir", "data", "--site", "."]);
    assert!(code == 1 && said.starts_with(why) && said.lines().count() == 1, "{said}");
    assert!(fs::read(&path).unwrap() == damaged, "it was changed");
    fs::write(&path, &whole).unwrap();
    assert!(!is_valid(&program.serves(&["--data-dir", "data"]), &bearer(&ada)));
}

#[test]
fn a_sign_out_that_cannot_be_stored_is_said() {
    let program = Program::new();
    let serving = program.serves(&["--data-dir", "data"]);
    let (session, _) = sign_in(&serving, &token_of(&program, "Ada"));
    let path = program.folder().join("data/revoked");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let (head, mut rest) = ask(&serving, "DELETE /login", &session);
    let mut said = String::new();
    rest.read_to_string(&mut said).unwrap();
    assert!(head.contains(" 503 ") && head.contains("belfry-token=;"), "{head}");
    assert!(said.contains("this browser is signed out, but the server could not store"), "{said}");
    assert!(!is_valid(&serving, &session));
}

#[test]
fn needs_root_a_folder_of_others_to_whom_nothing_can_be_given_is_used_all_the_same() {
    assert!(geteuid().is_root(), "needs root; or skip it: cargo test -- --skip needs_root");
    let program = Program::new();
    let data = program.folder().join("data");
    drop(program.serves(&["--data-dir", "data"]));
    fs::remove_file(data.join("revoked")).unwrap();
    chown(&data, Some(65_534), None).unwrap();
    let belfry = program.command(&[]);
    let mut confined = Command::new("setpriv");
    confined.args(["--bounding-set", "-chown"]).arg(belfry.get_program());
    confined.args(["revoke", "--data-dir"]).arg(&data).args(["--subject", "ada"]);
    let output = confined.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(fs::metadata(data.join("revoked")).unwrap().uid(), 0, "it could be given");
}
