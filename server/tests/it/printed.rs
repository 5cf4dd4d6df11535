//! Every command line that the README, the pages and the log print does what it says. (Those of the
//! guide are run in `guide`.)

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::symlink,
    process::{Child, ChildStdout, Command, Output, Stdio},
};

use crate::{program::Program, serving::Serving};

const README: &str = include_str!("../../../README.md");
const README_IN_CHINESE: &str = include_str!("../../../README.zh-CN.md");
const MAKEFILE: &str = include_str!("../../../Makefile");

/// A person's shell on the server's machine.
struct Shell<'a> {
    program: &'a Program,
    serving: &'a Serving,
    /// Where it stands.
    folder: &'a str,
    token: Option<String>,
}

impl<'a> Shell<'a> {
    fn new(program: &'a Program, serving: &'a Serving, folder: &'a str) -> Self {
        // What is refused is no success.
        let curl = "silent\nshow-error\nfail-with-body\n";
        fs::write(program.folder().join(".curlrc"), curl).unwrap();
        Self { program, serving, folder, token: None }
    }

    fn command(&self, line: &str) -> Command {
        self.command_of(Command::new("bash"), line)
    }

    /// The same by a shell.
    fn command_of(&self, mut shell: Command, line: &str) -> Command {
        let address = self.serving.address.to_string();
        // The address comes last: its port may begin like another.
        let line =
            line.replace("127.0.0.1:4000", "127.0.0.1:0").replace("127.0.0.1:3000", &address);
        let line = line.replace("/srv/belfry", "srv");
        shell.args(["-euo", "pipefail", "-c", &line]).current_dir(self.folder);
        shell.env("HOME", self.program.folder()).env_remove("XDG_DATA_HOME");
        shell.env("BELFRY_URL", format!("http://{address}")).stdin(Stdio::null());
        shell.envs(self.token.iter().map(|token| ("BELFRY_TOKEN", token)));
        shell
    }

    /// Runs a line to its end, and returns what it prints.
    fn runs(&self, line: &str) -> String {
        let mut within_bound = Command::new("timeout");
        within_bound.args(["30", "bash"]);
        let mut command = self.command_of(within_bound, line);
        let Output { status, stdout, stderr } = command.output().unwrap();
        let (said, complained) =
            (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
        assert!(status.success(), "{line}\n{said}\n{complained}");
        said
    }

    /// Starts a line that reads a stream, and waits until it does.
    fn reads(&self, line: &str) -> Reading {
        let line = format!("exec {}", line.trim_end_matches('&'));
        let mut child = self.command(&line).stdout(Stdio::piped()).spawn().unwrap();
        self.serving.logged("client connected");
        Reading { lines: BufReader::new(child.stdout.take().unwrap()), child }
    }
}

/// A line that reads a stream; ended when dropped.
struct Reading {
    lines: BufReader<ChildStdout>,
    child: Child,
}

impl Reading {
    /// Reads until a line begins with something.
    fn prints(&mut self, beginning: &str) {
        let mut said = String::new();
        while !said.lines().last().unwrap_or_default().starts_with(beginning) {
            assert!(self.lines.read_line(&mut said).unwrap() > 0, "no {beginning:?} in {said:?}");
        }
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines of a page's indented blocks that begin like a command.
fn commands(page: &str) -> Vec<&str> {
    let indented = page.lines().filter_map(|line| line.strip_prefix("    "));
    let commands = indented.map(|line| line.strip_prefix("$ ").unwrap_or(line));
    let first = ["make", "curl", "export", "target/release/belfry"];
    commands.filter(|line| first.contains(&line.split(' ').next().unwrap())).collect()
}

fn follow_the_readme(page: &str) {
    let program = Program::new();
    // As a checkout is after `make build`.
    fs::create_dir(program.folder().join("target")).unwrap();
    for name in ["release", "site"] {
        symlink("..", program.folder().join("target").join(name)).unwrap();
    }
    let serving = program.serves(&[]);
    let mut shell = Shell::new(&program, &serving, program.folder().to_str().unwrap());
    let mut followers = Vec::new();
    for line in commands(page) {
        let words: Vec<_> = line.split(' ').collect();
        match words[..] {
            ["make", target, ..] => {
                assert!(MAKEFILE.contains(&format!("\n{target}: ## ")), "{line}");
            }
            ["export", ..] => {
                let token = shell.runs(&format!("{line}\necho \"$BELFRY_TOKEN\""));
                shell.token = Some(token.trim().to_owned());
            }
            ["curl", "-N", ..] => shell.reads(line).prints("data: "),
            ["target/release/belfry", "follow", ..] => followers.push(shell.reads(line)),
            ["target/release/belfry", "--interval", ..] => {
                drop(Serving::start(shell.command(&format!("exec {line}"))));
            }
            ["curl", "-H", ..] => {
                let receipt = shell.runs(line);
                assert!(receipt.ends_with(",\"readers\":1}\n"), "{receipt:?}");
                followers[0].prints("hello");
            }
            ["target/release/belfry", "purge", ..] => assert_eq!(shell.runs(line), "2\n"),
            _ => drop(shell.runs(line)),
        }
    }
    assert_eq!(followers.len(), 2);
}

#[test]
fn the_commands_of_the_readme_can_be_followed() {
    follow_the_readme(README);
}

#[test]
fn the_commands_of_the_readme_in_chinese_can_be_followed() {
    follow_the_readme(README_IN_CHINESE);
    let same = |page| {
        let commands = commands(page).into_iter();
        let same = commands.map(|line| line.split("  ").next().unwrap().to_owned());
        // But for what is said.
        let said = ["'deploy finished'", "'部署完成'", "'Hello, all'", "'大家好'"];
        let same = same.map(|line| said.iter().fold(line, |line, word| line.replace(word, "…")));
        same.collect::<Vec<_>>()
    };
    assert_eq!(same(README_IN_CHINESE), same(README));
}

/// The commands that stand in a page.
fn commands_in(html: &str) -> Vec<String> {
    let code = html.split("<code>").skip(1).map(|rest| rest.split("</code>").next().unwrap());
    let text = code.map(|code| {
        let plain = code.replace("<!>", "").replace("&lt;", "<").replace("&gt;", ">");
        plain
            .replace("&quot;", "\"")
            .replace("&#x27;", "'")
            .replace("&#39;", "'")
            .replace("&amp;", "&")
    });
    text.filter(|text| !text.starts_with("const source")).collect()
}

#[test]
fn the_commands_of_the_pages_can_be_pasted() {
    let program = Program::new();
    let serving = program.serves(&["--data-dir", "it's data", "--status", "token"]);
    // A shell that stands elsewhere, and knows neither the program nor its folder.
    let mut shell = Shell::new(&program, &serving, "/");
    for language in ["en", "zh-CN"] {
        let page = |path: &str| {
            let ask =
                format!("curl -H 'Accept-Language: {language}' 'http://127.0.0.1:3000{path}'");
            commands_in(&shell.runs(&ask))
        };
        let [stream] = &page("/")[..] else { panic!() };
        shell.reads(stream).prints("data: ");

        for topic in ["chat/lobby", "it%27s+%22%24%28echo+a%29%22+%26+%E5%A4%A9"] {
            let [publish] = &page(&format!("/console?topic={topic}{language}"))[..] else {
                panic!()
            };
            let receipt = shell.runs(publish);
            assert!(receipt.starts_with(r#"{"id":""#) && receipt.ends_with("}\n"), "{receipt:?}");
        }

        // Nobody but the server publishes there.
        assert!(page("/console?topic=here%2Flobby").is_empty());

        let [token] = &page("/status")[..] else { panic!() };
        let token = shell.runs(token);
        shell.token = Some(token.trim().to_owned());
        let trend =
            r#"curl -H "Authorization: Bearer $BELFRY_TOKEN" http://127.0.0.1:3000/api/status"#;
        assert!(shell.runs(trend).ends_with("}\n"));
        shell.token = None;
    }
}

#[test]
fn the_command_of_the_log_can_be_pasted() {
    let program = Program::new();
    let serving = program.serves(&["--data-dir", "it's data"]);
    let line = serving.logged("created a key");
    let (_, command) = line.split_once("publish with: ").unwrap();
    let receipt = Shell::new(&program, &serving, "/").runs(command);
    assert!(receipt.contains(r#""sequence":1,"#) && receipt.ends_with("}\n"), "{receipt:?}");
}

#[test]
fn where_the_program_lies_is_told_on_its_machine_only() {
    let program = Program::new();
    let serving = program.serves(&["--status", "token", "--host", "*"]);
    let shell = Shell::new(&program, &serving, "/");
    let status = |header: &str| {
        let ask = format!("curl -H '{header}' http://127.0.0.1:3000/status");
        commands_in(&shell.runs(&ask))
    };
    let folder = program.folder().display();
    let here =
        format!("{folder}/belfry token --data-dir {folder}/.local/share/belfry --read status");
    assert_eq!(status("X-Other: a"), [here]);
    for elsewhere in ["Host: belfry.test", "X-Forwarded-For: 192.0.2.7", "Forwarded: for=192.0.2.7"]
    {
        assert_eq!(status(elsewhere), ["belfry token --read status"]);
    }
}
