//! The commands that talk to a server, as a script sees them: stdout, stderr, exit codes.

mod follow;
mod publish;

use std::{
    process::{Child, Command, Stdio},
    sync::mpsc::channel,
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use crate::{program::Program, serving::Serving};

/// The longest that anything here takes.
const BOUND: Duration = Duration::from_secs(30);

/// The exit code, stdout and stderr of a command that has to end within [`BOUND`].
fn ended(child: Child) -> (i32, String, String) {
    let pid = Pid::from_child(&child);
    let (sender, output) = channel();
    thread::spawn(move || sender.send(child.wait_with_output().unwrap()));
    let output = output.recv_timeout(BOUND).unwrap_or_else(|_| {
        let _ = kill_process(pid, Signal::KILL);
        panic!("it does not end");
    });
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn start(command: &mut Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn run(program: &Program, arguments: &[&str]) -> (i32, String, String) {
    ended(start(&mut program.command(arguments)))
}

fn url(serving: &Serving) -> String {
    format!("http://{}", serving.address)
}

#[test]
fn bad_arguments_are_one_line_and_exit_code_2() {
    let program = Program::new();
    for (arguments, said) in [
        (&["publish"][..], "belfry: the following required arguments were not provided: <TOPIC>"),
        (&["publish", "a//b"], r#"belfry: invalid value "a//b" for TOPIC: "#),
        (
            &["follow", "--url", "example.org", "a"],
            r#"belfry: invalid value "example.org" for --url: "#,
        ),
        (&["follow", "a", "--count", "0"], "belfry: invalid value '0' for '--count <NUMBER>'"),
        (&["token"], "belfry: --publish is missing: a token needs at least one of"),
        (
            &["token", "--read", "a", "--expires", "0s"],
            r#"belfry: invalid value "0s" for --expires: "#,
        ),
        (&["purge", "a", "--timeout", "x"], r#"belfry: invalid value "x" for --timeout: "#),
    ] {
        let (code, out, notes) = run(&program, arguments);
        assert_eq!((code, &*out), (2, ""), "{notes}");
        assert!(notes.starts_with(said) && notes.lines().count() == 1, "{notes:?}");
    }
}

#[test]
fn every_command_explains_itself() {
    let program = Program::new();
    let help = |command| {
        let (code, out, _) = run(&program, &[command, "--help"]);
        assert_eq!(code, 0);
        out
    };
    insta::assert_snapshot!(
        ["token", "revoke", "publish", "follow", "purge"].map(help).join("\n\n")
    );
}
