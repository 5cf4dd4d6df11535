//! The language in which a visitor gets a page, how to choose another one, and what is shown where there is
//! no page.

use std::time::Duration;

use axum::{
    body::Body,
    http::{Method, Request, Response, StatusCode},
};

use crate::world::{World, text};

/// What Chromium says when a person opens an address.
const BY_A_PERSON: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

fn world() -> World {
    World::ticking_every(Duration::from_secs(3))
}

async fn ask(world: &World, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    world.ask(request.body(Body::empty()).unwrap()).await
}

fn header<'a>(response: &'a Response<Body>, name: &str) -> Vec<&'a str> {
    response.headers().get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_page_is_in_the_language_that_the_browser_prefers() {
    for (preferred, tag, word) in [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN", "服务器时间"),
        ("en-US,en;q=0.9,zh;q=0.8", "en", "Server time"),
        ("fr", "en", "Server time"),
    ] {
        let response = ask(&world(), "/", &[("accept-language", preferred)]).await;
        assert_eq!(header(&response, "content-language"), [tag]);
        assert_eq!(header(&response, "vary"), ["accept-language, cookie", "accept-encoding"]);
        let html = text(response).await;
        assert!(html.contains(&format!(r#"<html lang="{tag}">"#)), "{html}");
        assert!(html.contains(word), "{html}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_choice_counts_more_than_what_the_browser_prefers() {
    for (cookie, tag) in [
        ("a=b; belfry-language=en", "en"),
        ("belfry-language=zh-CN", "zh-CN"),
        ("belfry-language=fr", "zh-CN"),
        ("xbelfry-language=en", "zh-CN"),
    ] {
        let headers = [("accept-language", "zh"), ("cookie", cookie)];
        let response = ask(&world(), "/status", &headers).await;
        assert_eq!(header(&response, "content-language"), [tag], "{cookie}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_switch_remembers_and_leads_back() {
    let world = world();
    let html = text(world.get("/console?topic=a&b").await).await;
    let link = "/language?tag=zh-CN&amp;to=/console%3Ftopic%3Da%26b";
    assert!(html.contains(link), "{html}");
    assert!(html.contains(r#"lang="zh-CN" hreflang="zh-CN""#), "{html}");
    let response = world.get(&link.replace("&amp;", "&")).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(header(&response, "location"), ["/console?topic=a&b"]);
    assert_eq!(
        header(&response, "set-cookie"),
        ["belfry-language=zh-CN; SameSite=Lax; Path=/; Max-Age=31536000"]
    );
    assert_eq!(header(&response, "cache-control"), ["no-store"]);
}

#[tokio::test(start_paused = true)]
async fn the_switch_leads_to_no_other_server_and_to_no_other_language() {
    let world = world();
    for (to, place) in [
        ("//evil.example", "/"),
        ("https%3A%2F%2Fevil.example", "/"),
        ("/%5Cevil.example", "/"),
        ("/%09/evil.example", "/"),
        ("/%0D%0Aset-cookie:%20a=b", "/"),
        ("/%25E9%2592%259F?a%26b=%2522", "/%E9%92%9F?a&b=%22"),
        ("/%E9%92%9F%20%22", "/"),
    ] {
        let response = world.get(&format!("/language?tag=en&to={to}")).await;
        assert_eq!(header(&response, "location"), [place], "{to}");
    }
    assert_eq!(header(&world.get("/language?tag=en").await, "location"), ["/"]);
    for query in ["", "?tag=fr&to=/", "?tag=en%0D%0A", "?to=/"] {
        let response = world.get(&format!("/language{query}")).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(header(&response, "set-cookie"), Vec::<&str>::new());
    }
}

#[tokio::test(start_paused = true)]
async fn a_person_who_asks_for_nothing_gets_a_page_that_helps() {
    let world = world();
    for (language, heading) in [("en", "Page not found"), ("zh", "找不到页面")] {
        let headers = [("accept", BY_A_PERSON), ("accept-language", language)];
        let response = ask(&world, "/nothing/%3Cb%3E?x", &headers).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert!(header(&response, "content-type")[0].starts_with("text/html"));
        assert!(header(&response, "content-security-policy")[0].contains("'nonce-"));
        assert_eq!(header(&response, "cache-control"), ["private, no-cache"]);
        assert!(header(&response, "vary").contains(&"accept-language, cookie"));
        let html = text(response).await;
        assert!(html.contains(&format!("<h1>{heading}</h1>")), "{html}");
        assert!(html.contains(r#"<meta name="robots" content="noindex">"#), "{html}");
        assert!(html.contains("<code>/nothing/&lt;b&gt;</code>"), "{html}");
        assert!(!html.contains("canonical"), "{html}");
        for page in ["/", "/status", "/console"] {
            assert_eq!(
                html.matches(&format!(r#"href="{page}""#)).count(),
                if page == "/" { 3 } else { 2 }
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_program_that_asks_for_nothing_gets_a_line() {
    let world = world();
    let by_program: [&[_]; 3] = [&[], &[("accept", "*/*")], &[("accept", "image/png,*/*;q=0.8")]];
    for headers in by_program {
        let response = ask(&world, "/nothing", headers).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert!(text(response).await.starts_with("Not found."));
    }
    let response = ask(&world, "/pkg/belfry.old.js", &[("accept", BY_A_PERSON)]).await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert!(text(response).await.starts_with("Not found."));
    let request = Request::head("/nothing").header("accept", BY_A_PERSON);
    let response = world.ask(request.body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert!(header(&response, "content-type")[0].starts_with("text/html"));
    assert_eq!(text(response).await, "");
    let request = Request::builder().method(Method::POST).uri("/nothing");
    let response = world.ask(request.body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test(start_paused = true)]
async fn a_slash_too_many_leads_to_the_page() {
    let response = ask(&world(), "/console/?topic=a", &[("accept", BY_A_PERSON)]).await;
    assert_eq!(response.status(), StatusCode::PERMANENT_REDIRECT);
    assert_eq!(header(&response, "location"), ["/console?topic=a"]);
}

#[tokio::test(start_paused = true)]
async fn every_page_says_what_it_is() {
    let (mut world, mut descriptions) = (world(), Vec::new());
    world.connection = world.connection.with_tls();
    for (path, title) in [("/", "05:18 UTC"), ("/status", "状态"), ("/console", "控制台")] {
        let headers = [("accept-language", "zh")];
        let html = text(ask(&world, path, &headers).await).await;
        for expected in [
            format!("<title>{title} · Belfry</title>"),
            format!(r#"<link rel="canonical" href="https://belfry.test{path}">"#),
            r#"<meta property="og:locale" content="zh_CN">"#.to_owned(),
            r#"<meta property="og:image" content="https://belfry.test/social.png">"#.to_owned(),
            r#"<link rel="manifest" href="/manifest.zh-CN.webmanifest">"#.to_owned(),
            r#"href="/documents/operations.zh-CN.md""#.to_owned(),
            format!("Belfry {}", env!("CARGO_PKG_VERSION")),
        ] {
            assert!(html.contains(&expected), "{expected} in {html}");
        }
        assert!(!html.contains("noindex"));
        let described: Vec<_> = html.split("og:description\" content=\"").skip(1).collect();
        let described = described[0].split('"').next().unwrap().to_owned();
        assert!(!descriptions.contains(&described), "{described}");
        descriptions.push(described);
    }
}

#[tokio::test(start_paused = true)]
async fn every_page_leads_to_the_documents_of_its_language() {
    let world = world();
    for (language, path, heading) in [
        ("en", "/documents/publish-and-follow.md", "# Publish and follow"),
        ("en", "/documents/operations.md", "# "),
        ("zh", "/documents/publish-and-follow.zh-CN.md", "# "),
        ("zh", "/documents/operations.zh-CN.md", "# "),
    ] {
        for page in ["/", "/status", "/console", "/chat", "/chat/lobby", "/nothing"] {
            let headers = [("accept-language", language), ("accept", BY_A_PERSON)];
            let html = text(ask(&world, page, &headers).await).await;
            assert!(html.contains(&format!("href=\"{path}\"")), "{page}: {html}");
        }
        let document = world.get(path).await;
        assert_eq!(header(&document, "content-type"), ["text/plain; charset=utf-8"]);
        assert!(text(document).await.starts_with(heading), "{path}");
    }
    assert_eq!(world.get("/documents/secret.md").await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test(start_paused = true)]
async fn the_manifest_is_served_as_one() {
    let response = world().get("/manifest.webmanifest").await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(header(&response, "content-type"), ["application/manifest+json"]);
}

/// The manifest as it is in the repository, and the files that it and the pages name.
#[test]
fn the_manifest_names_icons_that_are_there() {
    let public = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../public");
    let manifest = std::fs::read_to_string(public.join("manifest.webmanifest")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest["display"], "standalone");
    assert_eq!(manifest["lang"], "en");
    let chinese = std::fs::read_to_string(public.join("manifest.zh-CN.webmanifest")).unwrap();
    let mut chinese: serde_json::Value = serde_json::from_str(&chinese).unwrap();
    assert_eq!(chinese["lang"], "zh-CN");
    assert_ne!(chinese["description"], manifest["description"]);
    // All else is the same, so that it is the same application.
    for name in ["lang", "description"] {
        chinese[name] = manifest[name].clone();
    }
    assert_eq!(chinese, manifest);
    let icon = std::fs::read(public.join("favicon.ico")).unwrap();
    let png = std::fs::read(public.join("favicon.png")).unwrap();
    assert!(icon.starts_with(&[0, 0, 1, 0, 1, 0, 32, 32]) && icon.ends_with(&png));
    let icons = manifest["icons"].as_array().unwrap();
    let mut named: Vec<_> = icons
        .iter()
        .map(|icon| (icon["src"].as_str().unwrap(), icon["sizes"].as_str().unwrap()))
        .collect();
    assert!(named.len() > 3, "{named:?}");
    named.extend([
        ("/favicon.png", "32x32"),
        ("/apple-touch-icon.png", "180x180"),
        ("/social.png", "1200x630"),
    ]);
    for (path, sizes) in named {
        let file = std::fs::read(public.join(path.trim_start_matches('/'))).unwrap();
        if path.ends_with(".png") {
            // A PNG begins with its signature and its size, in network order.
            let side = |at: usize| u32::from_be_bytes(file[at..at + 4].try_into().unwrap());
            assert_eq!(format!("{}x{}", side(16), side(20)), sizes, "{path}");
            assert!(file.len() < 50_000, "{path} has {} bytes", file.len());
        }
    }
}
