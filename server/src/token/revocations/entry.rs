//! An entry of the list of revocations, and its line in the file: JSON, a tab, and a checksum, so that a
//! damaged line is never read as another entry.

use serde::{Deserialize, Serialize, de::Error};
use xxhash_rust::xxh3::xxh3_64;

use crate::token::credential;

/// What was revoked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Entry {
    /// A token, a session, or a cookie.
    Credential {
        /// Its number.
        #[serde(serialize_with = "write", deserialize_with = "read")]
        number: u128,
        /// When it expires by itself, in seconds since the Unix epoch.
        until: i64,
    },
    /// Everything that was issued to a subject so far. It stays on the list for good: nobody knows how long
    /// such tokens last.
    Subject {
        /// The subject's name.
        name: String,
        /// The last second in which they were issued, since the Unix epoch.
        through: i64,
    },
}

impl Entry {
    /// Its line, with the newline.
    pub(super) fn line(&self) -> String {
        let json = serde_json::to_string(self).expect("strings and numbers are JSON");
        format!("{json}\t{:016x}\n", xxh3_64(json.as_bytes()))
    }

    /// Reads a line without its newline; `None` if it is damaged, or of a later version.
    pub(super) fn read(line: &[u8]) -> Option<Self> {
        let line = str::from_utf8(line).ok()?;
        let (json, checksum) = line.rsplit_once('\t')?;
        let whole = format!("{:016x}", xxh3_64(json.as_bytes())) == checksum;
        whole.then(|| serde_json::from_str(json).ok()).flatten()
    }
}

fn write<S: serde::Serializer>(number: &u128, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&credential::written(*number))
}

fn read<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u128, D::Error> {
    let text = String::deserialize(from)?;
    credential::read(&text).ok_or_else(|| D::Error::custom("not 32 hexadecimal digits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_was_revoked_and_nothing_else_is_read_from_it() {
        let entries = [
            Entry::Credential { number: 0xabc, until: 7 },
            Entry::Subject { name: "Ada \t\n\"天\"".into(), through: 9 },
        ];
        for entry in &entries {
            let line = entry.line();
            assert_eq!(line.matches('\n').count(), 1, "{line}");
            let line = line.trim_end().as_bytes();
            assert_eq!(Entry::read(line).as_ref(), Some(entry));
            for at in 0..line.len() {
                for bit in 0..8 {
                    let mut damaged = line.to_vec();
                    damaged[at] ^= 1 << bit;
                    assert_eq!(Entry::read(&damaged), None, "byte {at}, bit {bit}");
                }
                assert_eq!(Entry::read(&line[..at]), None);
            }
        }
        insta::assert_snapshot!(entries[0].line().split('\t').next().unwrap(), @r#"{"credential":{"number":"00000000000000000000000000000abc","until":7}}"#);
    }
}
