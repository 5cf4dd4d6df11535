//! The problem document with which the server says that a request went wrong.

use serde::{Deserialize, Serialize};

use crate::chat::answer::Unsent;

/// A problem as [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) writes it, `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProblemDocument {
    /// What kind of problem it is, the same for all of its kind.
    pub title: String,
    /// The status of the answer.
    pub status: u16,
    /// What went wrong here.
    pub detail: String,
    /// The field of the request that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Why a chat message was refused; `None` for other problems.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Unsent>,
}
