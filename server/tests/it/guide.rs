//! The guide's commands do what the guide says, in their order.

use std::process::{Command, Stdio};

use crate::program::Program;

const GUIDE: &str = include_str!("../../../docs/publish-and-follow.md");
const GUIDE_IN_CHINESE: &str = include_str!("../../../docs/publish-and-follow.zh-CN.md");

/// The blocks of a page that are written in a language.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    page.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

#[test]
fn the_commands_of_the_guide_can_be_followed() {
    let program = Program::new();
    let serving = program.serves(&[]);
    let commands = blocks(GUIDE, "sh");
    assert!(commands.len() > 10, "{commands:?}");
    // Between the blocks a line that nothing else prints.
    let script = commands.join("\necho '####'\n");
    let script = script.replace("http://127.0.0.1:3000", &format!("http://{}", serving.address));
    let mut shell = Command::new("bash");
    shell.args(["-euo", "pipefail", "-c", &script]).current_dir(program.folder());
    let path = format!("{}:{}", program.folder().display(), std::env::var("PATH").unwrap());
    shell.env("PATH", path).env("HOME", program.folder()).env_remove("XDG_DATA_HOME");
    shell.env("BELFRY_URL", format!("http://{}", serving.address)).stdin(Stdio::null());
    let output = shell.output().unwrap();
    let (said, complained) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{said}\n{complained}");
    let said: Vec<_> = said.split("####\n").collect();
    let after = |command: &str| {
        let index = commands.iter().position(|block| block.contains(command)).unwrap();
        said[index]
    };
    assert!(after("--data-binary 'hello'").contains(r#""sequence":1,"readers":0"#), "{said:?}");
    assert!(after("--last --count 1").trim_end().contains("20"), "the date: {said:?}");
    assert!(after("--max-time 2 'http").starts_with("retry: "), "{said:?}");
    assert!(after("--after \"$first\"").ends_with("two\nthree\n"), "{said:?}");
    assert!(after("last_event_id=lost").contains(r#"data: {"reason":"unknown","#), "{said:?}");
    assert!(after("limit=10").contains(r#""data":"three""#), "{said:?}");
    assert!(after("prefix=chat/").contains(r#""topic":"chat/lobby","events":6"#), "{said:?}");
    assert_eq!(after("belfry purge chat/lobby"), "6\n");
    assert!(after("topic=chat/staff").contains("data: for us alone"), "{said:?}");
}

#[test]
fn the_guide_says_the_same_in_both_languages() {
    for language in ["sh", "text", "json"] {
        assert_eq!(blocks(GUIDE_IN_CHINESE, language), blocks(GUIDE, language));
    }
    let rows = |page: &str| page.lines().filter(|line| line.starts_with('|')).count();
    assert_eq!(rows(GUIDE_IN_CHINESE), rows(GUIDE));
    let headings = |page: &str| page.lines().filter(|line| line.starts_with("## ")).count();
    assert_eq!(headings(GUIDE_IN_CHINESE), headings(GUIDE));
}
