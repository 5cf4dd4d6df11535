//! Tests of the configuration that flags and variables give.

use std::collections::HashMap;

use super::*;
use crate::cli::{Command, parsed};

pub(super) fn config(arguments: &[&str], variables: &[(&str, &str)]) -> Result<Config, BadSetting> {
    let at_home = [&[("HOME", "/home/ada")], variables].concat();
    homeless(arguments, &at_home)
}

fn homeless(arguments: &[&str], variables: &[(&str, &str)]) -> Result<Config, BadSetting> {
    let line = [&["belfry"], arguments].concat();
    let Command::Serve(flags) = parsed(line, variables).unwrap() else {
        panic!("{arguments:?} do not serve");
    };
    let variables: HashMap<_, _> = variables.iter().copied().collect();
    Config::from_flags(flags, |name| variables.get(name).map(|value| (*value).to_owned()))
}

#[test]
fn nothing_said_is_the_default() {
    let data_dir = Some(PathBuf::from("/home/ada/.local/share/belfry"));
    let default = Config { data_dir, ..Config::default() };
    assert_eq!(config(&[], &[]).unwrap(), default);
    assert_eq!(config(&["serve"], &[]).unwrap(), default);
    assert_eq!(config(&[], &[("BELFRY_LISTEN", "")]).unwrap(), default);
}

#[test]
fn an_ephemeral_server_keeps_its_key_unless_others_sign() {
    let ephemeral = config(&["--ephemeral"], &[]).unwrap();
    assert!(ephemeral.ephemeral && ephemeral.data_dir.is_some());
    assert!(config(&[], &[("BELFRY_EPHEMERAL", "1")]).unwrap().ephemeral);
    assert!(homeless(&["--ephemeral"], &[]).is_err());
    let signed = ["--ephemeral", "--jwt-secret-file", "secret"];
    assert_eq!(homeless(&signed, &[]).unwrap().data_dir, None);
    let here = [&signed[..], &["--data-dir", "here"]].concat();
    assert_eq!(config(&here, &[]).unwrap().data_dir, Some("here".into()));
}

#[test]
fn the_metrics_are_for_tokens_wherever_it_listens() {
    let shown = |listen: &str, said: &[&str]| {
        let arguments = [&["--listen", listen], said].concat();
        config(&arguments, &[]).map(|config| config.metrics)
    };
    for listen in ["127.0.0.1:1", "0.0.0.0:1"] {
        assert_eq!(shown(listen, &[]).unwrap(), Exposure::Token, "{listen}");
        assert_eq!(shown(listen, &["--metrics", "public"]).unwrap(), Exposure::Public);
        assert_eq!(shown(listen, &["--metrics", "off"]).unwrap(), Exposure::Off);
    }
    let bad = shown("127.0.0.1:1", &["--metrics", "all"]).unwrap_err().to_string();
    assert_eq!(
        bad,
        r#"invalid value "all" for --metrics: must be public, token, off or an address such as 127.0.0.1:9464 or [::1]:9464"#
    );
}

#[test]
fn the_status_is_for_this_machine_on_loopback_and_for_tokens_elsewhere() {
    let shown = |listen: &str, said: &[&str], variable: &str| {
        let arguments = [&["--listen", listen], said].concat();
        config(&arguments, &[("BELFRY_STATUS", variable)]).unwrap().status
    };
    for listen in ["127.0.0.1:1", "127.1.2.3:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
        assert_eq!(shown(listen, &[], ""), Visibility::Local, "{listen}");
    }
    for listen in ["0.0.0.0:1", "[::]:1", "192.0.2.1:1", "[2001:db8::1]:1"] {
        assert_eq!(shown(listen, &[], ""), Visibility::Token, "{listen}");
    }
    assert_eq!(shown("0.0.0.0:1", &[], "public"), Visibility::Public);
    assert_eq!(shown("0.0.0.0:1", &["--status", "off"], "public"), Visibility::Off);
    assert_eq!(shown("127.0.0.1:1", &["--status", "token"], ""), Visibility::Token);
    let bad = config(&["--status", "all"], &[]).unwrap_err().to_string();
    assert_eq!(bad, r#"invalid value "all" for --status: must be public, token or off"#);
}

#[test]
fn rooms_are_open_on_loopback_and_where_somebody_says_so() {
    let rooms = |listen: &str, said: &[&str], variable: &str| {
        let arguments = [&["--listen", listen], said].concat();
        config(&arguments, &[("BELFRY_ROOMS", variable)]).map(|config| config.rooms)
    };
    assert_eq!(rooms("[::1]:1", &[], "").unwrap(), Rooms::Local);
    assert_eq!(rooms("0.0.0.0:1", &[], "").unwrap(), Rooms::Off);
    assert_eq!(rooms("0.0.0.0:1", &[], "any").unwrap(), Rooms::Any);
    assert_eq!(rooms("127.0.0.1:1", &["--rooms", "off"], "any").unwrap(), Rooms::Off);
    let both = rooms("0.0.0.0:1", &[], "team,lobby").unwrap();
    assert_eq!(both, Rooms::read("lobby,team").unwrap());
    let bad = rooms("[::1]:1", &["--rooms", "lobby,a/b"], "").unwrap_err().to_string();
    assert!(
        bad.starts_with(r#"invalid value "lobby,a/b" for --rooms: "a/b" is not a room name"#),
        "{bad}"
    );
}

#[test]
fn what_is_said_again_and_again_is_all_there() {
    let said = ["--jwt-public-key", "a", "--jwt-public-key", "b", "--jwt-secret-file", "c"];
    let keys = config(&said, &[]).unwrap();
    assert_eq!(keys.public_keys, [PathBuf::from("a"), "b".into()]);
    assert_eq!(keys.secret_file, Some("c".into()));
    let keys = config(&[], &[("BELFRY_JWT_PUBLIC_KEY", "/a:/b")]).unwrap();
    assert_eq!(keys.public_keys, [PathBuf::from("/a"), "/b".into()]);

    let kept = config(&["--retain", "-,1h,-", "--retain-topic", "chat/*=10,-,-"], &[]).unwrap();
    assert_eq!(kept.retention.total.age, Duration::from_secs(3600));
    let rules = [("BELFRY_RETAIN_TOPIC", "a=1,-,-;b=2,-,-")];
    let rules = config(&[], &rules).unwrap().retention.rules;
    assert_eq!(rules.iter().map(|(_, bounds)| bounds.events).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn a_flag_goes_before_our_variable_before_that_of_leptos() {
    let port = |arguments: &[&str], variables: &[(&str, &str)]| match config(arguments, variables)
        .unwrap()
        .listen[..]
    {
        [Endpoint::Tcp(address)] => address.port(),
        ref others => panic!("{others:?}"),
    };
    let both = [("BELFRY_LISTEN", "127.0.0.1:2"), ("LEPTOS_SITE_ADDR", "127.0.0.1:3")];
    assert_eq!(port(&["--listen", "127.0.0.1:1"], &both), 1);
    assert_eq!(port(&[], &both), 2);
    assert_eq!(port(&[], &both[1..]), 3);
}

#[test]
fn sockets_that_are_passed_replace_the_default_and_join_what_is_said() {
    let listen = |arguments: &[&'static str], passed: &[&str]| {
        let line = ["belfry"].iter().chain(arguments).copied();
        let Command::Serve(mut flags) = parsed(line, &[]).unwrap() else { panic!() };
        flags.passed = passed.iter().map(|passed| passed.parse().unwrap()).collect();
        let config = Config::from_flags(flags, |_| Some("/home/ada".into())).unwrap();
        let listen: Vec<_> = config.listen.iter().map(ToString::to_string).collect();
        (listen.join(" "), config.status)
    };
    let (open, local) = (["0.0.0.0:80"], ["unix:/run/belfry.sock"]);
    assert_eq!(listen(&[], &open), (String::new(), Visibility::Token));
    assert_eq!(listen(&[], &local), (String::new(), Visibility::Local));
    let said = &["--listen", "[::1]:1", "--listen", "unix:/a"];
    assert_eq!(listen(said, &local), ("[::1]:1 unix:/a".into(), Visibility::Local));
    assert_eq!(listen(said, &open), ("[::1]:1 unix:/a".into(), Visibility::Token));
    let two = config(&[], &[("BELFRY_LISTEN", "127.0.0.1:1,unix:/a")]).unwrap();
    assert_eq!(two.listen.len(), 2);
}

#[test]
fn the_mode_of_unix_sockets_is_octal() {
    assert_eq!(config(&["--unix-mode", "0666"], &[]).unwrap().unix_mode, 0o666);
    for wrong in ["888", "rw", "1777", "-1"] {
        let said = config(&[&format!("--unix-mode={wrong}")], &[]).unwrap_err().to_string();
        assert!(said.ends_with("must be an octal number from 0 to 777, such as 660"), "{said}");
    }
}

#[test]
fn a_bad_value_is_named_with_its_setting() {
    let said = |arguments: &[&str], variables: &[(&str, &str)]| {
        config(arguments, variables).unwrap_err().to_string()
    };
    assert_eq!(
        said(&["--listen", "here"], &[]),
        r#"invalid value "here" for --listen: must have the form 127.0.0.1:3000, [::1]:3000 or unix:/run/belfry.sock"#
    );
    assert_eq!(
        said(&[], &[("BELFRY_INTERVAL", "3")]),
        r#"invalid value "3" for BELFRY_INTERVAL: must be a number with a unit, such as 3s, 500ms or 1m"#
    );
    assert_eq!(
        said(&["--interval", "0s"], &[]),
        r#"invalid value "0s" for --interval: must be from 100ms to 1h"#
    );
    assert_eq!(
        said(&["--retain", "many"], &[]),
        r#"invalid value "many" for --retain: must have the form EVENTS,AGE,BYTES, such as 1000000,7d,1GiB or -,1h,-"#
    );
    assert!(
        said(&[], &[("BELFRY_RETAIN_TOPIC", "a=1,-,-;b")])
            .contains(r#"value "b" for BELFRY_RETAIN_TOPIC: must have"#)
    );
    assert!(
        said(&["--log", "loud"], &[])
            .starts_with(r#"invalid value "loud" for --log: "loud" must be error,"#)
    );
}

#[test]
fn budgets_are_sizes_of_at_least_1_mib() {
    let Config { send_budget, receive_budget, .. } = config(&[], &[]).unwrap();
    assert_eq!((send_budget, receive_budget), (256 << 20, 64 << 20));
    let said = config(&["--send-budget", "1GiB"], &[("BELFRY_RECEIVE_BUDGET", "8MiB")]).unwrap();
    assert_eq!((said.send_budget, said.receive_budget), (1 << 30, 8 << 20));
    let wrong = |size: &str| config(&["--send-budget", size], &[]).unwrap_err().to_string();
    assert_eq!(wrong("1MB"), r#"invalid value "1MB" for --send-budget: must be at least 1MiB"#);
    assert!(wrong("much").ends_with(
        r#": a size must be a number of bytes, such as 64KiB, 10MB or 1GiB, not "much""#
    ));
}
