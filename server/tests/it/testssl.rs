//! What `testssl.sh` finds in the server's TLS.

use std::{
    env, fs,
    process::{Command, Stdio},
    time::{Duration, SystemTime},
};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CrlDistributionPoint, DnType, IsCa,
    KeyPair,
};
use serde::Deserialize;

use crate::program::Program;

/// Its checks of protocols, ciphers, forward secrecy, the server's preferences, headers and known attacks. All of
/// them, which `make testssl` runs, take twice as long.
const SHORT: [&str; 6] =
    ["--protocols", "--std", "--pfs", "--server-preference", "--headers", "--vulnerable"];

/// What it warns of because of itself: the machine's OpenSSL has no engine for GOST; and it sometimes leaves
/// before the ticket of a session comes, and then misses the file with it.
const ITS_OWN: [&str; 2] = ["engine_problem", "sessionresumption_ticket"];

/// What it says of one thing that it looked at.
#[derive(Debug, Deserialize)]
struct Finding {
    id: String,
    severity: String,
    finding: String,
}

/// A certificate for this machine, with all that it wants in one, in files; and its root.
fn certify(program: &Program) {
    let mut root = CertificateParams::default();
    root.distinguished_name.push(DnType::CommonName, "root");
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = CertifiedIssuer::self_signed(root, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let mut own = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let day = Duration::from_secs(24 * 3600);
    own.not_before = (SystemTime::now() - day).into();
    own.not_after = (SystemTime::now() + 90 * day).into();
    own.crl_distribution_points =
        vec![CrlDistributionPoint { uris: vec!["http://localhost/crl".to_owned()] }];
    let own = own.signed_by(&key, &root).unwrap();
    for (name, content) in
        [("root.pem", root.pem()), ("own.pem", own.pem()), ("own.key", key.serialize_pem())]
    {
        fs::write(program.folder().join(name), content).unwrap();
    }
}

#[test]
fn it_finds_nothing_of_medium_severity() {
    let program = Program::new();
    certify(&program);
    let flags = ["--tls-cert", "own.pem", "--tls-key", "own.key", "--hsts", "365d", "--ephemeral"];
    let server = program.serves(&flags);
    let mut testssl = Command::new("testssl");
    testssl.args(["--quiet", "--color", "0", "--warnings", "off", "--nodns", "none"]);
    testssl.args(["--add-ca", "root.pem", "--jsonfile", "found.json"]);
    if env::var_os("BELFRY_TEST_ALL_OF_TESTSSL").is_none() {
        testssl.args(SHORT);
    }
    let port = server.address.port();
    testssl.arg(format!("https://localhost:{port}/")).current_dir(program.folder());
    let ran = testssl.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    let found = fs::read_to_string(program.folder().join("found.json")).unwrap();
    let found: Vec<Finding> = serde_json::from_str(&found).unwrap_or_else(|_| panic!("{said}"));
    let of = |id: &str| found.iter().find(|it| it.id == id).map(|it| it.severity.as_str());
    // It has got to its end, and has looked at what matters.
    for (id, severity) in
        [("TLS1_3", "OK"), ("TLS1", "INFO"), ("HSTS_time", "OK"), ("BREACH", "OK"), ("RC4", "OK")]
    {
        assert_eq!(of(id), Some(severity), "{id}: {said}");
    }
    let fine = ["OK", "INFO", "LOW", "DEBUG"];
    let is_its_own = |it: &Finding| it.severity == "WARN" && ITS_OWN.contains(&&*it.id);
    let is_bad = |it: &&Finding| !fine.contains(&&*it.severity) && !is_its_own(it);
    let bad: Vec<_> = found.iter().filter(is_bad).collect();
    let bad: Vec<_> =
        bad.iter().map(|it| format!("{} {}: {}", it.severity, it.id, it.finding)).collect();
    assert!(bad.is_empty(), "{}\n{said}", bad.join("\n"));
}
