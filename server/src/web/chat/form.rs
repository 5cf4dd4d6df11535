//! Parses a posted form into the fields as they were typed.

use belfry_hub::{
    event::{Invalid, check_name},
    http::query::{Value, first},
};
use wire::parameters::{KEY, NAME, TEXT};

/// A message as it was typed. A missing field is empty.
#[derive(Debug, Default)]
pub(super) struct Form {
    pub(super) name: String,
    pub(super) text: String,
    key: String,
}

impl Form {
    pub(super) fn read(body: &[u8]) -> Self {
        Self { name: field(body, NAME), text: field(body, TEXT), key: field(body, KEY) }
    }

    /// The form's idempotency key; `None` if it has none.
    pub(super) fn key(&self) -> Result<Option<String>, Invalid> {
        if self.key.is_empty() {
            return Ok(None);
        }
        check_name(KEY, &self.key)?;
        Ok(Some(self.key.clone()))
    }
}

/// The first value of a field; empty where there is none.
pub(super) fn field(body: &[u8], wanted: &str) -> String {
    first(body, wanted).map(Value::lossy).unwrap_or_default().into_owned()
}
