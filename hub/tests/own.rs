//! A program's own state topics and its own authoriser, through the routes and in virtual time.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{Method, Request, Response, StatusCode, request::Parts},
};
use belfry_hub::{
    Authorise, Clock, Grant, Hub, Routes,
    event::{Draft, Pattern, Topic},
    http::{self, problem::Problem},
    log::{Memory, Retention},
    selector::Selector,
    state_topics::{Access, Followed, State, StateTopic},
    tail,
};
use futures::future::{BoxFuture, FutureExt, ready};
use http_body_util::BodyExt;
use tokio::{sync::watch, time::timeout};
use tower::ServiceExt;

/// Whoever is named may read and publish what begins with their name.
#[derive(Clone)]
struct Names {
    revoked: watch::Sender<bool>,
}

impl Authorise for Names {
    fn authorise<'a>(&'a self, request: &'a Parts) -> BoxFuture<'a, Result<Grant, Problem>> {
        let name = request.headers.get("x-name").map(|name| name.to_str().unwrap());
        let grant = name.map_or_else(Grant::default, |name| {
            let own = vec![Pattern::new(&format!("{name}/*")).unwrap()];
            let subject = Some(name.to_owned());
            Grant { subject, publish: own.clone(), read: own, ..Grant::default() }
        });
        ready(Ok(grant)).boxed()
    }

    fn revoked(&self, _: &Grant) -> BoxFuture<'static, ()> {
        let mut revoked = self.revoked.subscribe();
        async move { drop(revoked.wait_for(|revoked| *revoked).await) }.boxed()
    }
}

/// A value for those who are named.
#[derive(Debug)]
struct Weather(watch::Sender<Option<State>>);

impl StateTopic for Weather {
    fn access(&self, _: &str, grant: &Grant) -> Access {
        if grant.subject.is_some() {
            return Access::Granted;
        }
        Access::Refused(Box::new(Problem::new(StatusCode::UNAUTHORIZED, "who are you?")))
    }

    fn follow(&self, _: &str) -> Followed {
        Followed::of(&self.0)
    }
}

struct World {
    hub: Hub,
    weather: Arc<Weather>,
    revoked: watch::Sender<bool>,
    routes: Router,
}

impl World {
    fn new() -> Self {
        let clock = Clock::starting_at(1_795_324_681_400_000);
        let log = Memory::new(clock, Retention::default(), tail::Bounds::default());
        let hub = Hub::new(clock, Arc::new(log));
        let weather = Arc::new(Weather(watch::Sender::new(None)));
        hub.state_topics().register(Selector::new("weather").unwrap(), weather.clone());
        hub.state_topics().register(Selector::new("weather/*").unwrap(), weather.clone());
        let names = Names { revoked: watch::Sender::new(false) };
        let revoked = names.revoked.clone();
        let routes = http::router(Routes::new(hub.clone(), names));
        Self { hub, weather, revoked, routes }
    }

    fn tell(&self, value: &str) {
        self.weather.0.send_replace(Some(State::new("weather", 0, value)));
    }

    async fn ask(&self, method: Method, path: &str, name: Option<&str>) -> Response<Body> {
        let request = Request::builder().method(method).uri(path);
        let request =
            name.into_iter().fold(request, |request, name| request.header("x-name", name));
        self.routes.clone().oneshot(request.body(Body::from("hello")).unwrap()).await.unwrap()
    }

    async fn open(&self, query: &str, name: Option<&str>) -> (Body, String) {
        let answer = self.ask(Method::GET, &format!("/sse?{query}"), name).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let mut body = answer.into_body();
        let greeting = heard(&mut body).await.unwrap();
        (body, greeting.split_once("\n\n").unwrap().1.to_owned())
    }
}

async fn heard(body: &mut Body) -> Option<String> {
    let piece = body.frame().await?.unwrap().into_data().unwrap();
    Some(String::from_utf8(piece.to_vec()).unwrap())
}

async fn text(answer: Response<Body>) -> String {
    String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_state_topic_of_the_programs_own_is_followed_by_name_beside_any_other() {
    let world = World::new();
    let (mut body, greeting) = world.open("topic=weather&topic=ada/a", Some("ada")).await;
    assert!(greeting.starts_with("id: "), "{greeting}");
    world.tell("rain");
    assert_eq!(heard(&mut body).await.unwrap(), "data: rain\n\n");
    let draft = |topic: &str| Draft {
        topics: vec![Topic::new(topic).unwrap()],
        event_type: None,
        data: "1".into(),
        private: true,
    };
    world.hub.publish(draft("ada/a"), None).await.unwrap();
    assert!(heard(&mut body).await.unwrap().starts_with("data: 1\nid: "));
    let (_, greeting) = world.open("topic=weather", Some("bob")).await;
    assert_eq!(greeting, "data: rain\n\n");
}

#[tokio::test(start_paused = true)]
async fn who_may_not_see_it_gets_the_rest_without_it_or_is_told_why() {
    let world = World::new();
    world.tell("rain");
    let (mut body, greeting) = world.open("topic=weather&topic=time&session=1", None).await;
    assert!(greeting.contains(r#""granted":[],"refused":["weather"]"#), "{greeting}");
    assert!(greeting.ends_with("data: 2026-11-22T05:18:01.400Z\n\n"), "{greeting}");
    world.tell("sun");
    assert!(timeout(Duration::from_secs(14), heard(&mut body)).await.is_err());
    for alone in ["topic=weather", "topic=weather&topic=weather/tomorrow"] {
        let refused = world.ask(Method::GET, &format!("/sse?{alone}"), None).await;
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
        assert!(text(refused).await.contains("who are you?"));
    }
    let (_, greeting) = world.open("topic=weather&session=1", Some("ada")).await;
    assert!(greeting.contains(r#""granted":["weather"],"refused":[]"#), "{greeting}");
}

#[tokio::test(start_paused = true)]
async fn nobody_publishes_to_a_state_topic_and_elsewhere_the_authoriser_decides() {
    let world = World::new();
    for (path, name, status, said) in [
        ("/topics/ada/a", Some("ada"), StatusCode::OK, ""),
        (
            "/topics/ada/a",
            Some("bob"),
            StatusCode::FORBIDDEN,
            "the request is not allowed to publish to ada/a",
        ),
        (
            "/topics/ada/a",
            None,
            StatusCode::UNAUTHORIZED,
            "authentication is required to publish to ada/a",
        ),
        (
            "/topics/weather",
            Some("weather"),
            StatusCode::FORBIDDEN,
            "topic weather is reserved for the server",
        ),
        (
            "/topics/weather/x",
            Some("weather"),
            StatusCode::FORBIDDEN,
            "topic weather/x is reserved for the server",
        ),
    ] {
        let answer = world.ask(Method::POST, path, name).await;
        assert_eq!(answer.status(), status, "{path} {name:?}");
        let text = text(answer).await;
        assert!(text.contains(said), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_when_its_rights_are_taken_back() {
    let world = World::new();
    let (mut body, _) = world.open("topic=ada/a", Some("ada")).await;
    assert_eq!((world.hub.reading(), heard(&mut body).await.unwrap()), (1, ":\n\n".into()));
    world.revoked.send_replace(true);
    let last = heard(&mut body).await.unwrap();
    assert!(last.starts_with("event: expired\ndata: "), "{last}");
    assert_eq!(heard(&mut body).await, None);
    drop(body);
    assert_eq!(world.hub.reading(), 0);
}
