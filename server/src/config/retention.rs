//! Parses retention settings, `EVENTS,AGE,BYTES`, into bounds.

use std::{error::Error, fmt, num::ParseIntError};

use belfry_hub::{
    event::{Invalid, Pattern},
    log::{Bounds, Retention},
};
use bytesize::ByteSize;

use super::setting::{BadSetting, Setting, all_given, read_or};

/// Why a setting of retention cannot be used.
#[derive(Debug, PartialEq)]
pub(super) enum BadBounds {
    /// A rule has no `=`.
    NoRule,
    /// What stands before it is not a pattern.
    Pattern(Invalid),
    /// There are not three parts.
    NotThree,
    /// The first part.
    Events(String, ParseIntError),
    /// The second part.
    Age(String, humantime::DurationError),
    /// The third part.
    Bytes(BadSize),
    /// A part is 0.
    Nothing,
}

impl fmt::Display for BadBounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRule => {
                f.write_str("must have the form PATTERN=EVENTS,AGE,BYTES, such as chat/*=1000,-,-")
            }
            Self::Pattern(why) => why.fmt(f),
            Self::NotThree => f.write_str(
                "must have the form EVENTS,AGE,BYTES, such as 1000000,7d,1GiB or -,1h,-",
            ),
            Self::Events(said, _) => write!(f, "EVENTS must be a number or -, not \"{said}\""),
            Self::Age(said, _) => write!(
                f,
                "AGE must be - or a number with a unit, such as 30s, 12h or 7d, not \"{said}\""
            ),
            Self::Bytes(why) => why.fmt(f),
            Self::Nothing => f.write_str("a limit must not be 0, which would keep nothing"),
        }
    }
}

impl Error for BadBounds {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Events(_, why) => Some(why),
            Self::Age(_, why) => Some(why),
            Self::Pattern(why) => why.source(),
            Self::Bytes(why) => why.source(),
            Self::NoRule | Self::NotThree | Self::Nothing => None,
        }
    }
}

impl From<Invalid> for BadBounds {
    fn from(why: Invalid) -> Self {
        Self::Pattern(why)
    }
}

/// The text is not a number of bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadSize(String);

impl fmt::Display for BadSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a size must be a number of bytes, such as 64KiB, 10MB or 1GiB, not \"{}\"",
            self.0
        )
    }
}

impl Error for BadSize {}

impl From<BadSize> for BadBounds {
    fn from(why: BadSize) -> Self {
        Self::Bytes(why)
    }
}

/// What the log keeps: of the `whole`, and by `rules` for some topics.
pub(super) fn read(whole: Option<Setting>, rules: Vec<Setting>) -> Result<Retention, BadSetting> {
    let total = read_or(whole, Retention::default().total, self::whole)?;
    let rules = all_given(rules, ';').into_iter();
    let rules = rules.map(|said| said.read(rule)).collect::<Result<_, _>>()?;
    Ok(Retention { total, rules })
}

/// The limits on the whole log; a part that is `-` keeps its default.
pub(super) fn whole(value: &str) -> Result<Bounds, BadBounds> {
    bounds(value, Retention::default().total)
}

/// The limits on the topics that match a pattern; a part that is `-` is no limit.
pub(super) fn rule(value: &str) -> Result<(Pattern, Bounds), BadBounds> {
    // A pattern may contain a =, bounds may not.
    let (pattern, said) = value.rsplit_once('=').ok_or(BadBounds::NoRule)?;
    Ok((Pattern::new(pattern)?, bounds(said, Bounds::NONE)?))
}

fn bounds(value: &str, mut bounds: Bounds) -> Result<Bounds, BadBounds> {
    let parts: Vec<&str> = value.split(',').map(str::trim).collect();
    let [events, age, bytes] = parts[..] else { return Err(BadBounds::NotThree) };
    if events != "-" {
        bounds.events = events.parse().map_err(|why| BadBounds::Events(events.into(), why))?;
    }
    if age != "-" {
        let read = humantime::parse_duration(age);
        bounds.age = read.map_err(|why| BadBounds::Age(age.into(), why))?;
    }
    if bytes != "-" {
        bounds.bytes = size(bytes)?;
    }
    if bounds.events == 0 || bounds.age.is_zero() || bounds.bytes == 0 {
        return Err(BadBounds::Nothing);
    }
    Ok(bounds)
}

/// A number of bytes as people write it.
pub(super) fn size(bytes: &str) -> Result<u64, BadSize> {
    let size = bytes.parse::<ByteSize>();
    size.map(|size| size.as_u64()).map_err(|_| BadSize(bytes.into()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

    #[test]
    fn a_part_that_is_not_said_stays() {
        let default = Retention::default().total;
        assert_eq!(whole("-,-,-"), Ok(default));
        assert_eq!(whole("5,-,-"), Ok(Bounds { events: 5, ..default }));
        assert_eq!(whole("-, 1h 30m, -"), Ok(Bounds { age: Duration::from_secs(5400), ..default }));
        assert_eq!(whole("-,-,64KiB"), Ok(Bounds { bytes: 65_536, ..default }));
        assert_eq!(
            whole("1000000,7d,1GiB"),
            Ok(Bounds { events: 1_000_000, age: WEEK, bytes: 1 << 30 })
        );
    }

    #[test]
    fn sizes_are_in_powers_of_ten_and_of_two() {
        let bytes = |size: &str| whole(&format!("-,-,{size}")).map(|bounds| bounds.bytes);
        assert_eq!(bytes("10MB"), Ok(10_000_000));
        assert_eq!(bytes("10MiB"), Ok(10 << 20));
        assert_eq!(bytes("1.5 GiB"), Ok(3 << 29));
        assert_eq!(bytes("4096"), Ok(4096));
        for bad in ["", "much", "-1", "1XB", "1e3", "inf", "NaN"] {
            let why = bytes(bad).unwrap_err().to_string();
            assert!(why.contains("a size must be a number of bytes"), "{bad:?}");
        }
    }

    #[test]
    fn a_rule_is_a_pattern_and_bounds_of_which_none_is_needed() {
        let chat = (Pattern::new("chat/*").unwrap(), Bounds { events: 1000, ..Bounds::NONE });
        assert_eq!(rule("chat/*=1000,-,-"), Ok(chat));
        let (pattern, bounds) = rule("a=b=-,1d,-").unwrap();
        assert_eq!(pattern.as_str(), "a=b");
        assert_eq!(bounds.age, Duration::from_secs(24 * 3600));
        assert_eq!(bounds.bytes, u64::MAX);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let whole = |said: &str| whole(said).unwrap_err();
        assert!(whole("1000").to_string().starts_with("must have the form EVENTS,AGE,BYTES"));
        assert!(whole("1,2,3,4").to_string().starts_with("must have the form"));
        let events = r#"EVENTS must be a number or -, not "-1""#;
        assert!(whole("-1,-,-").to_string().contains(events));
        let age = r#"AGE must be - or a number with a unit, such as 30s, 12h or 7d, not "7""#;
        assert!(whole("-,7,-").to_string().contains(age));
        for caused in ["-1,-,-", "-,7,-"] {
            assert!(whole(caused).source().is_some(), "{caused}");
        }
        for nothing in ["0,-,-", "-,0s,-", "-,-,0B"] {
            assert_eq!(
                whole(nothing).to_string(),
                "a limit must not be 0, which would keep nothing"
            );
        }
        let rule = |said: &str| rule(said).unwrap_err().to_string();
        assert!(rule("chat/*").starts_with("must have the form PATTERN="));
        assert_eq!(rule("a**=1,-,-"), "pattern must not contain * except at its end");
        assert_eq!(rule("=1,-,-"), "pattern must not be empty");
    }
}
