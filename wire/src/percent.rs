//! The characters that are percent-encoded in an address.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};

/// What is written with a percent sign in a part of a path or a query: all but letters, digits and
/// `-._~` ([RFC 3986, section 2.3](https://www.rfc-editor.org/rfc/rfc3986#section-2.3)).
pub const UNRESERVED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The same in a whole path, whose slashes stay.
pub const PATH: &AsciiSet = &UNRESERVED.remove(b'/');
