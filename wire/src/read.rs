//! Reads our types in the browser from JSON that it has parsed itself.
//!
//! The server writes and reads these types with serde. In the wasm, serde's readers of ten types and
//! its parser would be an eighth of all the code; here they are a line for each type, and the
//! browser's own parser is there already.

/// A value of JSON, as somebody else has parsed it.
pub trait Source: Sized {
    /// A field of an object: nothing where there is none.
    #[must_use]
    fn field(&self, name: &str) -> Self;
    /// Whether it is `null`, or not there.
    fn is_nothing(&self) -> bool;
    /// A string.
    fn text(&self) -> Option<String>;
    /// A number; integers are exact up to 2^53.
    fn number(&self) -> Option<f64>;
    /// `true` or `false`.
    fn truth(&self) -> Option<bool>;
    /// The items of an array.
    fn items(&self) -> Option<Vec<Self>>;
}

/// A type that can be read.
pub trait FromJson: Sized {
    /// `None` where the value is not of this type, as another version of the server may send.
    fn from_json<S: Source>(source: &S) -> Option<Self>;
}

/// Reads a field. (A function of its own, and once for each type: a hundred fields call it.)
#[inline(never)]
pub fn read<T: FromJson, S: Source>(source: &S, field: &str) -> Option<T> {
    T::from_json(&source.field(field))
}

impl FromJson for String {
    fn from_json<S: Source>(source: &S) -> Option<Self> {
        source.text()
    }
}

impl FromJson for bool {
    fn from_json<S: Source>(source: &S) -> Option<Self> {
        // What is usual is left out when it is written.
        if source.is_nothing() { Some(false) } else { source.truth() }
    }
}

impl FromJson for f64 {
    fn from_json<S: Source>(source: &S) -> Option<Self> {
        source.number()
    }
}

/// A whole number; one beyond the ends of its type is the nearest, for the other two as well.
impl FromJson for i64 {
    #[expect(clippy::cast_possible_truncation, reason = "a cast of a float saturates")]
    fn from_json<S: Source>(source: &S) -> Option<Self> {
        Some(source.number()? as Self)
    }
}

impl FromJson for u64 {
    fn from_json<S: Source>(source: &S) -> Option<Self> {
        i64::from_json(source).map(|number| number.max(0).unsigned_abs())
    }
}

impl FromJson for u32 {
    fn from_json<S: Source>(source: &S) -> Option<Self> {
        u64::from_json(source).map(|number| Self::try_from(number).unwrap_or(Self::MAX))
    }
}

impl<T: FromJson> FromJson for Option<T> {
    fn from_json<S: Source>(source: &S) -> Option<Self> {
        if source.is_nothing() { Some(None) } else { T::from_json(source).map(Some) }
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    fn from_json<S: Source>(source: &S) -> Option<Self> {
        if source.is_nothing() {
            return Some(Self::new());
        }
        let items = source.items()?;
        let mut read = Self::with_capacity(items.len());
        for item in items {
            read.push(T::from_json(&item)?);
        }
        Some(read)
    }
}

impl<T: FromJson, const N: usize> FromJson for [T; N] {
    fn from_json<S: Source>(source: &S) -> Option<Self> {
        Vec::from_json(source)?.try_into().ok()
    }
}

/// As serde writes it: `{"Ok":…}` or `{"Err":…}`.
impl<T: FromJson, E: FromJson> FromJson for Result<T, E> {
    fn from_json<S: Source>(source: &S) -> Option<Self> {
        let good = source.field("Ok");
        if good.is_nothing() {
            return E::from_json(&source.field("Err")).map(Err);
        }
        T::from_json(&good).map(Ok)
    }
}

/// Reads a type field by field. One that is missing here does not compile; a name that serde writes
/// otherwise stands behind the field's.
macro_rules! read_fields {
    ($type:ident { $($field:ident $(= $name:literal)?),* $(,)? }) => {
        impl $crate::read::FromJson for $type {
            fn from_json<S: $crate::read::Source>(source: &S) -> Option<Self> {
                Some(Self { $($field: $crate::read::read(
                    source,
                    $crate::read::read_fields!(@name $field $($name)?),
                )?),* })
            }
        }
    };
    (@name $field:ident) => { stringify!($field) };
    (@name $field:ident $name:literal) => { $name };
}

/// Reads an enum of names alone.
macro_rules! read_names {
    ($type:ident { $($name:ident),* }) => {
        impl $crate::read::FromJson for $type {
            fn from_json<S: $crate::read::Source>(source: &S) -> Option<Self> {
                match source.text()?.as_str() {
                    $(stringify!($name) => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

pub(crate) use {read_fields, read_names};

#[cfg(test)]
mod tests;
