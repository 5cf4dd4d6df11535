//! A form: its body goes in, the fields as they were typed come out.

use form_urlencoded::parse;

use crate::event::{Invalid, check_name};

/// What somebody wants to say, as they typed it. A field that is not there is empty.
#[derive(Debug, Default)]
pub(super) struct Form {
    pub(super) name: String,
    pub(super) text: String,
    key: String,
}

impl Form {
    pub(super) fn read(body: &[u8]) -> Self {
        Self { name: field(body, "name"), text: field(body, "text"), key: field(body, "key") }
    }

    /// What tells the same form from another; `None` where it says nothing.
    pub(super) fn key(&self) -> Result<Option<String>, Invalid> {
        if self.key.is_empty() {
            return Ok(None);
        }
        check_name("key", &self.key)?;
        Ok(Some(self.key.clone()))
    }
}

/// The first value of a field; empty where there is none.
pub(super) fn field(body: &[u8], wanted: &str) -> String {
    let mut fields = parse(body);
    let found = fields.find_map(|(name, value)| (name == wanted).then(|| value.into_owned()));
    found.unwrap_or_default()
}
