//! Parses queries, and forms, which browsers post in the same encoding: decodes their parameters as text, or
//! names the one that is not UTF-8.

use std::borrow::Cow;

use percent_encoding::percent_decode;

use crate::event::Invalid;

/// The value of a parameter, as it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value<'q>(&'q [u8]);

/// The parameters of a query, in their order: the name of each, and its value.
pub fn parameters<Q: AsRef<[u8]> + ?Sized>(
    query: &Q,
) -> impl Iterator<Item = (Cow<'_, str>, Value<'_>)> {
    let parts = query.as_ref().split(|byte| *byte == b'&').filter(|part| !part.is_empty());
    parts.map(|part| {
        let end = part.iter().position(|byte| *byte == b'=').unwrap_or(part.len());
        let (name, value) = part.split_at(end);
        // A name that is not UTF-8 matches no known name.
        (Value(name).lossy(), Value(value.get(1..).unwrap_or_default()))
    })
}

/// The first value of a parameter; `None` where there is none.
pub fn first<'q, Q: AsRef<[u8]> + ?Sized>(query: &'q Q, wanted: &str) -> Option<Value<'q>> {
    parameters(query).find(|(name, _)| name == wanted).map(|(_, value)| value)
}

impl<'q> Value<'q> {
    /// The value as text.
    ///
    /// # Errors
    /// If it is not UTF-8: its meaning is not guessed.
    pub fn text(self, field: &'static str) -> Result<Cow<'q, str>, Invalid> {
        let text = match self.decoded() {
            Cow::Borrowed(bytes) => str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
        };
        text.ok_or_else(|| Invalid::new(field, "must be valid UTF-8"))
    }

    /// The value as text, where U+FFFD stands for bytes that are not.
    pub fn lossy(self) -> Cow<'q, str> {
        match self.decoded() {
            Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
            Cow::Owned(bytes) => String::from_utf8_lossy(&bytes).into_owned().into(),
        }
    }

    fn decoded(self) -> Cow<'q, [u8]> {
        if !self.0.iter().any(|byte| matches!(byte, b'+' | b'%')) {
            return self.0.into();
        }
        let spaced: Vec<u8> =
            self.0.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
        percent_decode(&spaced).collect::<Vec<u8>>().into()
    }
}

/// Reads a switch in a query: alone, `1` and `true` are on, `0` and `false` are off.
///
/// # Errors
/// Anything else.
pub fn switch(field: &'static str, value: &str) -> Result<bool, Invalid> {
    match value {
        "" | "1" | "true" => Ok(true),
        "0" | "false" => Ok(false),
        _ => Err(Invalid::new(field, "must be 1, true, 0 or false")),
    }
}

#[cfg(test)]
mod tests {
    use form_urlencoded::{Serializer, parse};
    use proptest::{collection::vec, prelude::*};

    use super::*;

    #[test]
    fn what_is_no_text_is_named() {
        for bad in ["%ff", "a%C3", "%ED%A0%80", "%c0%80"] {
            let (_, value) = parameters(bad).next().unwrap();
            assert_eq!(value, Value(b""));
            let query = format!("also={bad}");
            let (name, value) = parameters(&query).next().unwrap();
            assert_eq!(name, "also");
            let why = value.text("also").unwrap_err().to_string();
            assert_eq!(why, "the topic in also must be valid UTF-8");
            assert!(value.lossy().contains(char::REPLACEMENT_CHARACTER));
        }
    }

    #[test]
    fn the_first_of_several_counts() {
        let value = |name| first("a=1&b&a=2&%61c=+x", name).map(Value::lossy);
        assert_eq!(["a", "b", "ac"].map(value), ["1", "", " x"].map(|said| Some(said.into())));
        assert_eq!(value("c"), None);
        assert_eq!(first(&b"a=\xff"[..], "a").unwrap().lossy(), "\u{fffd}");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(pairs in vec(("\\PC{1,5}", "\\PC{0,5}|[a +%&=\n]{0,5}"), 0..5)) {
            let query = Serializer::new(String::new()).extend_pairs(&pairs).finish();
            let read: Vec<(String, String)> = parameters(&query)
                .map(|(name, value)| (name.into(), value.text("value").unwrap().into()))
                .collect();
            prop_assert_eq!(read, pairs);
        }

        #[test]
        fn it_is_read_as_browsers_write_it(query in "[a-c=&+%f0-9]{0,20}") {
            let lossy: Vec<_> = parameters(&query).map(|(name, value)| (name, value.lossy())).collect();
            prop_assert_eq!(lossy, parse(query.as_bytes()).collect::<Vec<_>>());
        }

        #[test]
        fn bytes_of_any_kind_are_read(form in vec(prop_oneof![any::<u8>(), Just(b'&'), Just(b'=')], 0..20)) {
            let lossy: Vec<_> = parameters(&form).map(|(name, value)| (name, value.lossy())).collect();
            prop_assert_eq!(lossy, parse(&form).collect::<Vec<_>>());
        }
    }
}
