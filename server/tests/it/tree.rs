//! The dependencies of each half, by the dependency tree of its artefact.

use std::process::Command;

/// The names of all crates that a package is built from.
fn tree(arguments: &[&str]) -> Vec<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().filter_map(|line| line.split(' ').next()).map(ToOwned::to_owned).collect()
}

/// What belongs to the server alone.
fn of_the_server(tree: &[String]) -> Vec<&String> {
    let servers = ["tokio", "axum", "hyper", "mio", "tower-http", "leptos_axum"];
    tree.iter().filter(|name| servers.contains(&name.as_str())).collect()
}

#[test]
fn the_frontend_holds_nothing_of_the_server() {
    let tree = tree(&["--package", "frontend", "--target", "wasm32-unknown-unknown"]);
    assert!(tree.iter().any(|name| name == "web-sys"), "{tree:?}");
    assert_eq!(of_the_server(&tree), Vec::<&String>::new());
}

#[test]
fn what_the_halves_say_to_each_other_needs_no_pages() {
    let tree = tree(&["--package", "wire"]);
    assert!(tree.iter().any(|name| name == "serde"), "{tree:?}");
    assert!(!tree.iter().any(|name| ["leptos", "app"].contains(&name.as_str())), "{tree:?}");
    assert_eq!(of_the_server(&tree), Vec::<&String>::new());
}

#[test]
fn the_shared_half_does_no_io_when_it_renders_either() {
    let tree = tree(&["--package", "app", "--features", "ssr"]);
    assert!(tree.iter().any(|name| name == "leptos"), "{tree:?}");
    assert_eq!(of_the_server(&tree), Vec::<&String>::new());
}

#[test]
fn the_hub_stands_alone() {
    let tree = tree(&["--package", "belfry-hub"]);
    assert!(tree.iter().any(|name| name == "axum"), "{tree:?}");
    let around = ["leptos", "clap", "jsonwebtoken", "app", "server", "tower-http", "sysinfo"];
    assert!(!tree.iter().any(|name| around.contains(&name.as_str())), "{tree:?}");
}

#[test]
fn the_server_is_where_they_are() {
    let tree = tree(&["--package", "server"]);
    assert!(of_the_server(&tree).len() > 3, "{tree:?}");
}
