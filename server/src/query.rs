//! The query of an address: it comes as it was sent, its parameters go out as text, or which of them is
//! none.

use std::borrow::Cow;

use percent_encoding::percent_decode;

use crate::event::Invalid;

/// The value of a parameter, as it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Value<'q>(&'q str);

/// The parameters of a query, in their order: the name of each, and its value.
pub(crate) fn parameters(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Value<'_>)> {
    query.split('&').filter(|part| !part.is_empty()).map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        // A name that is no text is none that anyone knows.
        (Value(name).lossy(), Value(value))
    })
}

impl<'q> Value<'q> {
    /// The value as text.
    ///
    /// # Errors
    /// Where it is not UTF-8: what it may have meant is not guessed.
    pub(crate) fn text(self, field: &'static str) -> Result<Cow<'q, str>, Invalid> {
        self.decoded(|bytes| {
            String::from_utf8(bytes.into()).map_err(|_| Invalid::new(field, "is not UTF-8"))
        })
    }

    /// The value as text, where U+FFFD stands for what is none.
    pub(crate) fn lossy(self) -> Cow<'q, str> {
        let Ok(text) = self.decoded(|bytes| {
            Ok::<_, std::convert::Infallible>(String::from_utf8_lossy(bytes).into_owned())
        });
        text
    }

    fn decoded<E>(self, read: impl FnOnce(&[u8]) -> Result<String, E>) -> Result<Cow<'q, str>, E> {
        if !self.0.contains(['+', '%']) {
            return Ok(self.0.into());
        }
        let spaced = self.0.replace('+', " ");
        let bytes: Cow<'_, [u8]> = percent_decode(spaced.as_bytes()).into();
        Ok(read(&bytes)?.into())
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
            assert_eq!(value, Value(""));
            let query = format!("also={bad}");
            let (name, value) = parameters(&query).next().unwrap();
            assert_eq!(name, "also");
            assert_eq!(value.text("also").unwrap_err().to_string(), "the also is not UTF-8");
            assert!(value.lossy().contains(char::REPLACEMENT_CHARACTER));
        }
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
    }
}
