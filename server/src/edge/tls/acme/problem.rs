//! Says in plain words why a certificate could not be got.

use std::{error::Error, io};

use rustls_acme::{
    EventError, OrderError,
    acme::{AcmeError, Auth, Identifier, Problem},
};
use serde_json::Value;

/// What went wrong.
pub(super) fn plain(problem: &(dyn Error + Send + Sync + 'static)) -> String {
    match problem.downcast_ref::<EventError<io::Error, io::Error>>() {
        Some(EventError::Order(problem)) => of_order(problem),
        Some(EventError::AccountCacheLoad(error)) => {
            format!("the account file cannot be read: {error}")
        }
        _ => problem.to_string(),
    }
}

fn of_order(problem: &OrderError) -> String {
    match problem {
        OrderError::BadAuth(auth) => of_name(auth),
        OrderError::BadOrder(order) => {
            format!("the authority refused the order: {}", detail(order.error.as_ref()))
        }
        OrderError::TooManyAttemptsAuth(name) => {
            format!("the authority did not verify {name} in time")
        }
        OrderError::ProcessingTimeout(_) => "the authority did not sign in time".to_owned(),
        OrderError::Acme(AcmeError::Json(error)) => {
            format!("the authority does not answer as an ACME server would: {error}")
        }
        OrderError::Acme(error) => of_connection(&error.to_string()),
        other => other.to_string(),
    }
}

fn of_name(auth: &Auth) -> String {
    let Identifier::Dns(name) = &auth.identifier;
    let problem = auth.challenges.iter().find_map(|challenge| challenge.error.as_ref());
    format!("the authority cannot verify {name}: {}", detail(problem))
}

fn detail(problem: Option<&Problem>) -> &str {
    problem
        .and_then(|it| it.detail.as_deref().or(it.typ.as_deref()))
        .unwrap_or("it does not say why")
}

/// The library has a type of its own for these, which it does not give away: only its words.
fn of_connection(words: &str) -> String {
    if let Some((status, body)) =
        after(words, "non 2xx http status: ").and_then(|it| it.split_once(' '))
    {
        let body: String = serde_json::from_str(body).unwrap_or_else(|_| body.to_owned());
        let problem: Option<Value> = serde_json::from_str(&body).ok();
        let detail = problem.as_ref().and_then(|problem| problem["detail"].as_str());
        return format!("the authority answers {status}: {}", detail.unwrap_or(body.trim()));
    }
    let of = |kind: &str, means: &str| {
        let words = after(words, kind)?;
        let quoted = words.split('"').nth(1);
        let error = after(words, "error: ").map(|it| it.trim_end_matches(" }))"));
        Some(format!("{means}: {}", quoted.or(error).unwrap_or(words)))
    };
    of("ConnectError(TcpConnect(", "cannot connect to the authority")
        .or_else(|| of("ConnectError(TlsConnect(", "cannot speak TLS with the authority"))
        .unwrap_or_else(|| words.to_owned())
}

fn after<'w>(words: &'w str, part: &str) -> Option<&'w str> {
    words.split_once(part).map(|(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_library_become_plain() {
        for (words, said) in [
            (
                r#"http request error: non 2xx http status: 404 "404 page not found\n""#,
                "the authority answers 404: 404 page not found",
            ),
            (
                r#"http request error: non 2xx http status: 429 "{\"type\":\"urn:a\",\"detail\":\"too many certificates\"}""#,
                "the authority answers 429: too many certificates",
            ),
            (
                r#"http request error: http error: ConnectError(TcpConnect(Os { code: 111, kind: ConnectionRefused, message: "Connection refused" }))"#,
                "cannot connect to the authority: Connection refused",
            ),
            (
                r#"http request error: http error: ConnectError(TcpConnect(Custom { kind: Uncategorized, error: "failed to lookup address information: Name or service not known" }))"#,
                "cannot connect to the authority: failed to lookup address information: Name or service not known",
            ),
            (
                "http request error: http error: ConnectError(TlsConnect(Custom { kind: InvalidData, error: InvalidCertificate(UnknownIssuer) }))",
                "cannot speak TLS with the authority: InvalidCertificate(UnknownIssuer)",
            ),
            ("io error: broken", "io error: broken"),
        ] {
            assert_eq!(of_connection(words), said);
        }
    }

    #[test]
    fn what_the_authority_says_is_passed_on() {
        let auth = r#"{"status": "invalid", "identifier": {"type": "dns", "value": "a.test"}, "challenges": [
            {"type": "dns-01", "url": "u"},
            {"type": "http-01", "url": "u", "error": {"type": "urn:a", "detail": "refused"}}]}"#;
        let auth: Auth = serde_json::from_str(auth).unwrap();
        assert_eq!(of_name(&auth), "the authority cannot verify a.test: refused");
        assert_eq!(detail(None), "it does not say why");
        let io: Box<dyn Error + Send + Sync> = "other".into();
        assert_eq!(plain(&*io), "other");
    }
}
