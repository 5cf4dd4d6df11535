//! Cookies over https: their names, and which of them count.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};
use server::{
    token::{Claims, mint},
    web::client::trust::{Family, Proxy, Trust},
};

use super::{ask, cookie, token, world};
use crate::{
    chat::pages::snapshot,
    world::{BEGIN, World, secret, text},
};

#[tokio::test(start_paused = true)]
async fn the_cookie_is_for_https_alone_where_the_client_speaks_that() {
    let is_secure = async |world: &World, headers: &[(&str, &str)]| {
        let answer = ask(world, Method::POST, &token("Ada"), headers).await;
        let cookie = cookie(&answer).unwrap();
        let secure = cookie.split("; ").any(|attribute| attribute == "Secure");
        assert_eq!(cookie.starts_with("__Host-belfry-token="), secure, "{cookie}");
        assert_eq!(cookie.starts_with("belfry-token="), !secure, "{cookie}");
        secure
    };
    let mut direct = world();
    for claim in [("x-forwarded-proto", "https"), ("forwarded", "proto=https")] {
        assert!(!is_secure(&direct, &[claim]).await, "{claim:?}");
    }
    direct.connection = direct.connection.with_tls();
    assert!(is_secure(&direct, &[]).await);
    let proxies = vec![Proxy::read("192.0.2.7").unwrap()];
    let trust = Trust { proxies, ..Trust::default() };
    let behind = World::trusting(trust.clone());
    for https in ["https", "HTTPS", "http, https"] {
        assert!(is_secure(&behind, &[("x-forwarded-proto", https)]).await, "{https}");
    }
    assert!(!is_secure(&behind, &[("x-forwarded-proto", "http")]).await);
    let behind = World::trusting(Trust { headers: Family::Forwarded, ..trust });
    for https in ["proto=https", "for=192.0.2.1;proto=\"https\";by=a", "for=a, for=b; proto=HTTPS"]
    {
        assert!(is_secure(&behind, &[("forwarded", https)]).await, "{https}");
    }
    assert!(!is_secure(&behind, &[("forwarded", "for=https;proto=http")]).await);
}

#[tokio::test(start_paused = true)]
async fn over_https_only_cookies_that_https_has_set_count() {
    let https = ("x-forwarded-proto", "https");
    let proxies = vec![Proxy::read("192.0.2.7").unwrap()];
    let world = World::with_trust(Trust { proxies, ..Trust::default() });
    let (plain, host) = (format!("belfry-token={}", token("Ada")), token("Bob"));
    let host = format!("__Host-belfry-token={host}");
    let who = async |headers: &[(&str, &str)]| {
        let request = headers.iter().fold(Request::get("/"), |it, one| it.header(one.0, one.1));
        let page = world.ask(request.body(Body::empty()).unwrap()).await;
        snapshot(&text(page).await).identity.subject
    };
    assert_eq!(who(&[("cookie", &plain)]).await.as_deref(), Some("Ada"));
    assert_eq!(who(&[("cookie", &plain), https]).await, None);
    assert_eq!(who(&[("cookie", &host), https]).await.as_deref(), Some("Bob"));
    assert_eq!(who(&[("cookie", &host)]).await, None);
    let both = format!("{plain}; {host}");
    assert_eq!(who(&[("cookie", &both), https]).await.as_deref(), Some("Bob"));

    let chosen = async |headers: &[(&str, &str)]| {
        let request = headers.iter().fold(Request::get("/"), |it, one| it.header(one.0, one.1));
        let page = world.ask(request.body(Body::empty()).unwrap()).await;
        page.headers()["content-language"].to_str().unwrap().to_owned()
    };
    let request = Request::get("/language?tag=zh-CN").header(https.0, https.1);
    let answer = world.ask(request.body(Body::empty()).unwrap()).await;
    let language = cookie(&answer).unwrap();
    assert!(language.starts_with("__Host-belfry-language=zh-CN; "), "{language}");
    assert!(language.contains("; Secure") && language.contains("; Path=/"), "{language}");
    let kept = language.split(';').next().unwrap();
    assert_eq!(chosen(&[("cookie", kept), https]).await, "zh-CN");
    assert_eq!(chosen(&[("cookie", "belfry-language=zh-CN"), https]).await, "en");
    assert_eq!(chosen(&[("cookie", "belfry-language=zh-CN")]).await, "zh-CN");

    let form = Request::post("/chat/lobby").header(https.0, https.1);
    let answer = world.ask(form.body("name=Ada&text=hello".into()).unwrap()).await;
    let kept = answer.headers().get_all("set-cookie").iter();
    let kept: Vec<_> = kept.map(|it| it.to_str().unwrap().split('=').next().unwrap()).collect();
    assert_eq!(kept, ["__Host-belfry-name", "__Host-belfry-browser"]);
}

#[tokio::test(start_paused = true)]
async fn over_https_a_cookie_without_the_prefix_is_taken_away() {
    let mut world = world();
    let (token, old) = (token("Ada"), ("cookie", "belfry-token=x"));
    let set = async |world: &World, method: Method, headers: &[_]| -> Vec<String> {
        let answer = ask(world, method, &token, headers).await;
        let set = answer.headers().get_all("set-cookie").iter();
        set.map(|it| it.to_str().unwrap().to_owned()).collect()
    };
    assert_eq!(set(&world, Method::DELETE, &[old]).await.len(), 1);
    world.connection = world.connection.with_tls();
    for method in [Method::POST, Method::DELETE] {
        let both = set(&world, method.clone(), &[old]).await;
        assert_eq!(both.len(), 2, "{both:?}");
        assert!(both[0].starts_with("__Host-belfry-token="), "{both:?}");
        let gone = "belfry-token=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0";
        assert_eq!(both[1], gone);
        assert_eq!(set(&world, method, &[]).await.len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn the_whole_name_of_a_cookie_counts_for_its_size() {
    let mut world = world();
    world.connection = world.connection.with_tls();
    let kept = async |length: usize| {
        let (publish, sub) = (vec!["a".repeat(200); 13], Some("s".repeat(length)));
        let exp = BEGIN / 1_000_000 + 11;
        let large = mint(&secret(), &Claims { publish, sub, exp, ..Claims::default() });
        let answer = ask(&world, Method::POST, &large, &[]).await;
        let kept = cookie(&answer).and_then(|it| it.split_once(';'));
        let too_large = answer.status() == StatusCode::PAYLOAD_TOO_LARGE;
        assert_eq!(kept.is_none(), too_large, "{}", answer.status());
        kept.map(|(pair, _)| pair.len() - "=".len())
    };
    let mut length = 0;
    while kept(length + 20).await.is_some() {
        length += 20;
    }
    let mut longest = 0;
    while let Some(kept) = kept(length).await {
        (length, longest) = (length + 1, kept);
    }
    assert!((4093..=4096).contains(&longest), "{longest}");
}
