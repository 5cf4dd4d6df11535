//! What the tools of Prometheus say of the metrics of the real program, in both formats.

use std::{
    fs,
    io::Write,
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

use crate::{connection::Connection, program::Program};

/// Reads OpenMetrics by the library of Prometheus: a package of the distribution, for the python3 that comes
/// with it.
const OPEN_METRICS: &str = "
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
families = list(text_string_to_metric_families(sys.stdin.read()))
assert len(families) > 30, families
";

/// What `curl` gets in the format that is accepted.
fn metrics(place: &str, accept: &str) -> String {
    let output = Command::new("curl")
        .args(["--silent", "--show-error", "--fail", "--noproxy", "*", "--max-time", "20"])
        .args(["--header", &format!("Accept: {accept}"), place])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn read_by(program: &str, arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{program}: {error}"));
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn the_tools_of_prometheus_find_nothing_to_complain_about() {
    let program = Program::new();
    let serving = program.serves(&["--metrics", "public", "--data-dir", "data"]);
    // Something of everything.
    let mut connection = Connection::open(serving.address, &program.token("data")).unwrap();
    connection.publish("a", "1").unwrap().unwrap();
    let _reader = serving.reader();
    let place = format!("http://{}/metrics", serving.address);

    let plain = metrics(&place, "text/plain;version=0.0.4");
    let Output { status, stdout, stderr } = read_by("promtool", &["check", "metrics"], &plain);
    let said = String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned();
    assert!(status.success() && said.is_empty(), "{said}");

    let open = metrics(&place, "application/openmetrics-text;version=1.0.0");
    let Output { status, stderr, .. } = read_by("/usr/bin/python3", &["-c", OPEN_METRICS], &open);
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
}

#[test]
fn the_alerts_of_the_documents_are_rules_that_prometheus_reads() {
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs");
    for document in ["operations.md", "operations.zh-CN.md"] {
        let text = fs::read_to_string(format!("{docs}/{document}")).unwrap();
        let block = text.lines().skip_while(|line| *line != "    groups:");
        let rules: String = block
            .take_while(|line| line.starts_with("    "))
            .map(|line| format!("{}\n", &line[4..]))
            .collect();
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("rules.yml");
        fs::write(&file, rules).unwrap();
        let checked =
            Command::new("promtool").args(["check", "rules"]).arg(&file).output().unwrap();
        let said = String::from_utf8_lossy(&checked.stdout);
        assert!(
            checked.status.success() && said.contains("7 rules found"),
            "{document}: {checked:?}"
        );
    }
}
