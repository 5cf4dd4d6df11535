//! Who may do what: asked of the program that has the hub in it.

use axum::http::{StatusCode, request::Parts};
use futures::{
    FutureExt,
    future::{BoxFuture, pending, ready},
};

use crate::{grant::Grant, http::problem::Problem};

/// Tells what a request may do. A function of a request's head that does not wait is one too.
pub trait Authorise: Send + Sync {
    /// What a request may do, by its head; a [problem](Problem) where what it presents is wrong, or a reader
    /// would go on without what it thinks it has. `Grant::default()` may read what is public.
    fn authorise<'a>(&'a self, request: &'a Parts) -> BoxFuture<'a, Result<Grant, Problem>>;

    /// Returns once what a grant allows is taken back before its end: its streams end, after an event of type
    /// `expired`. It hears of what happens after it was called, even before it is awaited.
    fn revoked(&self, grant: &Grant) -> BoxFuture<'static, ()> {
        let _ = grant;
        pending().boxed()
    }

    /// The answer to somebody who may not do something, such as `publish to chat/lobby`: 401 to those who may
    /// only read what is public, and 403 to others.
    fn refuse(&self, grant: &Grant, what: &str) -> Problem {
        if grant.is_anonymous() {
            Problem::new(StatusCode::UNAUTHORIZED, format!("authentication is required to {what}"))
        } else {
            Problem::new(StatusCode::FORBIDDEN, format!("the request is not allowed to {what}"))
                .of("topic")
        }
    }
}

impl<F: Fn(&Parts) -> Result<Grant, Problem> + Send + Sync> Authorise for F {
    fn authorise<'a>(&'a self, request: &'a Parts) -> BoxFuture<'a, Result<Grant, Problem>> {
        ready(self(request)).boxed()
    }
}
