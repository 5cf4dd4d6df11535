//! Follows everything that the pages name, link by link and file by file: nothing of it is beside the base path.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header::COOKIE},
};
use url::Url;

use super::{BASE, world};
use crate::{
    chat::pages::snapshot,
    world::{World, text},
};

const ORIGIN: &str = "http://belfry.test";

/// The attributes that name addresses.
const ATTRIBUTES: [&str; 5] = ["href", "src", "action", "content", "data-base"];

/// The values of an attribute in a document.
fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    let begin = format!(" {attribute}=\"");
    html.split(&*begin).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

/// The quoted texts of a document's inline scripts that look like addresses.
fn quoted(html: &str) -> Vec<&str> {
    let scripts = html.split("<script").skip(1).map(|rest| rest.split("</script>").next().unwrap());
    let modules = scripts.filter(|script| script.contains("import("));
    modules.flat_map(|script| script.split('"')).filter(|part| part.starts_with('/')).collect()
}

/// Asks for a page as somebody who has signed in.
async fn page(world: &World, path: &str, cookie: &str) -> (StatusCode, String, String) {
    let request = Request::get(path).header("accept", "text/html").header(COOKIE, cookie);
    let answer = world.ask(request.body(Body::empty()).unwrap()).await;
    let kind = answer.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
    (answer.status(), kind.unwrap_or_default(), text(answer).await)
}

/// All addresses that pages name, with the pages that name each, from the first page on.
async fn crawl(world: &World, cookie: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let (mut next, mut seen) = (VecDeque::from([format!("{BASE}/")]), BTreeSet::new());
    // Nobody links to these.
    next.extend([
        format!("{BASE}/console?topic=a%20b"),
        format!("{BASE}/nothing"),
        format!("{BASE}/chat/a/b"),
    ]);
    while let Some(path) = next.pop_front() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let (status, kind, html) = page(world, &path, cookie).await;
        if status.is_redirection() || !kind.starts_with("text/html") {
            continue;
        }
        let snapshot = snapshot(&html);
        assert_eq!(
            (&*snapshot.base, &*snapshot.url),
            (BASE, "http://belfry.test/belfry"),
            "{path}"
        );
        let named = ATTRIBUTES.iter().flat_map(|it| values(&html, it));
        let addresses = named.filter(|it| it.starts_with(['/', '.']) || it.contains("://"));
        for written in addresses.chain(quoted(&html)) {
            let written = written.replace("&amp;", "&");
            let address = Url::parse(ORIGIN).unwrap().join(&path).unwrap().join(&written).unwrap();
            found.entry(written).or_default().insert(path.clone());
            if address.origin().ascii_serialization() == ORIGIN {
                next.push_back(
                    address[url::Position::BeforePath..url::Position::AfterQuery].into(),
                );
            }
        }
        // What else begins like an address of ours is a sample for visitors.
        for sample in html.split("EventSource(").skip(1) {
            assert!(sample.starts_with("'/belfry/sse')"), "{path}: {}", &sample[..20]);
        }
        for sample in html.split("http://").skip(1) {
            assert!(sample.starts_with("belfry.test/belfry"), "{path}: {}", &sample[..30]);
        }
    }
    found
}

#[tokio::test(start_paused = true)]
async fn no_page_names_anything_beside_it() {
    let world = world();
    let form = "name=Ada&text=see http://belfry.test/belfry/status";
    for room in ["lobby", "a%20b"] {
        let request = Request::post(format!("{BASE}/chat/{room}"));
        let answer = world.ask(request.body(form.into()).unwrap()).await;
        assert_eq!(answer.status(), StatusCode::OK);
    }
    let token = world.token(&["*"], &["*"]);
    let request = Request::post(format!("{BASE}/login")).body(token.into()).unwrap();
    let answer = world.ask(request).await;
    let session = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap();
    for cookie in [session, "belfry-language=zh-CN", "belfry-token=nonsense"] {
        let found = crawl(&world, cookie).await;
        for (address, pages) in &found {
            let ours = address.strip_prefix(ORIGIN).unwrap_or(address);
            let inside = ours == BASE || ours.starts_with(&format!("{BASE}/"));
            assert!(inside, "{pages:?} name {address}");
        }
        // It has seen what there is.
        let named = |part: &str| found.keys().any(|address| address.contains(part));
        for part in [
            "/belfry/status",
            "/belfry/console",
            "/belfry/chat",
            "/belfry/chat/lobby",
            "/belfry/chat/a%20b",
            "/belfry/language?tag=",
            "/belfry/pkg/belfry.abc.js",
            "/belfry/pkg/belfry.abc.wasm",
            "/belfry/pkg/belfry.abc.css",
            "/belfry/manifest.",
            "/belfry/favicon.png",
            "/belfry/icon.svg",
            "/belfry/apple-touch-icon.png",
            "/belfry/noscript.css",
            "/belfry/documents/operations",
            "/belfry/login",
        ] {
            assert!(named(part), "nothing names {part}: {found:?}");
        }
        assert_eq!(named("/belfry/logout"), cookie == session, "{cookie}");
        // All of it is there, but for the files that this site has not got.
        let missing = [
            "/belfry/apple-touch-icon.png",
            "/belfry/social.png",
            "/belfry/manifest.zh-CN.webmanifest",
        ];
        for address in found.keys().filter(|it| !missing.iter().any(|path| it.ends_with(path))) {
            let path = address.strip_prefix(ORIGIN).unwrap_or(address);
            let request = Request::builder().method(Method::GET).uri(path);
            let status = world.ask(request.body(Body::empty()).unwrap()).await.status();
            let posts = ["/belfry/login", "/belfry/logout"].contains(&path);
            assert!(
                status != StatusCode::NOT_FOUND && posts == (status == 405),
                "{address}: {status}"
            );
        }
    }
}

#[test]
fn the_manifests_name_what_stands_beside_them() {
    for name in ["manifest.webmanifest", "manifest.zh-CN.webmanifest"] {
        let folder = format!("{}/../public", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(format!("{folder}/{name}")).unwrap();
        let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
        let here = Url::parse(&format!("{ORIGIN}{BASE}/{name}")).unwrap();
        let leads_to =
            |it: &serde_json::Value| here.join(it.as_str().unwrap()).unwrap().to_string();
        for place in ["start_url", "scope"] {
            assert_eq!(leads_to(&manifest[place]), "http://belfry.test/belfry/", "{name} {place}");
        }
        // Without an `id` it is the start; with one it would be of the whole host.
        assert!(manifest.get("id").is_none(), "{name}");
        for icon in manifest["icons"].as_array().unwrap() {
            let place = leads_to(&icon["src"]);
            let file = place.strip_prefix("http://belfry.test/belfry/").unwrap();
            assert!(std::path::Path::new(&format!("{folder}/{file}")).is_file(), "{name} {file}");
        }
    }
}
