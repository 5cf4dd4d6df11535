//! Names as JSON has them: the text that they are written as, read with the same checks.

/// Reads and writes a name as text, for serde.
macro_rules! as_written {
    ($name:ident, $read:expr) => {
        impl TryFrom<String> for $name {
            type Error = &'static str;

            fn try_from(text: String) -> Result<Self, &'static str> {
                let read: fn(&str) -> Result<Self, &'static str> = $read;
                read(&text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.to_string()
            }
        }
    };
}
pub(crate) use as_written;
