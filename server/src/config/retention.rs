//! What the log is told to keep: `EVENTS,AGE,BYTES` goes in, bounds come out.

use bytesize::ByteSize;

use crate::{
    event::Pattern,
    log::{Bounds, Retention},
};

/// The bounds of the whole; a part that is `-` stays as it is by default.
pub(super) fn whole(value: &str) -> Result<Bounds, String> {
    bounds(value, Retention::default().total)
}

/// The bounds of the topics that a pattern stands for; a part that is `-` is no bound.
pub(super) fn rule(value: &str) -> Result<(Pattern, Bounds), String> {
    // A pattern may hold a =, bounds may not.
    let (pattern, said) = value
        .rsplit_once('=')
        .ok_or("not of the form PATTERN=EVENTS,AGE,BYTES, as chat/*=1000,-,-")?;
    let pattern = Pattern::new(pattern).map_err(|invalid| invalid.to_string())?;
    Ok((pattern, bounds(said, Bounds::NONE)?))
}

fn bounds(value: &str, mut bounds: Bounds) -> Result<Bounds, String> {
    let parts: Vec<&str> = value.split(',').map(str::trim).collect();
    let [events, age, bytes] = parts[..] else {
        return Err("not of the form EVENTS,AGE,BYTES, as 1000000,7d,1GiB or -,1h,-".into());
    };
    if events != "-" {
        bounds.events = events.parse().map_err(|_| format!("{events:?} is no number of events"))?;
    }
    if age != "-" {
        bounds.age = humantime::parse_duration(age)
            .map_err(|_| format!("{age:?} is no age, as 30s, 12h or 7d"))?;
    }
    if bytes != "-" {
        bounds.bytes = size(bytes)?;
    }
    if bounds.events == 0 || bounds.age.is_zero() || bounds.bytes == 0 {
        return Err("a bound of 0 keeps nothing".into());
    }
    Ok(bounds)
}

/// A number of bytes as people write it.
pub(super) fn size(bytes: &str) -> Result<u64, String> {
    let size = bytes.parse::<ByteSize>();
    let size = size.map_err(|_| format!("{bytes:?} is no number of bytes, as 64KiB, 10MB or 1GiB"));
    Ok(size?.as_u64())
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
            assert!(bytes(bad).unwrap_err().contains("no number of bytes"), "{bad:?}");
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
        assert!(whole("1000").unwrap_err().starts_with("not of the form EVENTS,AGE,BYTES"));
        assert!(whole("1,2,3,4").unwrap_err().starts_with("not of the form"));
        assert!(whole("-1,-,-").unwrap_err().contains(r#""-1" is no number of events"#));
        assert!(whole("-,7,-").unwrap_err().contains(r#""7" is no age"#));
        for nothing in ["0,-,-", "-,0s,-", "-,-,0B"] {
            assert_eq!(whole(nothing).unwrap_err(), "a bound of 0 keeps nothing");
        }
        assert!(rule("chat/*").unwrap_err().starts_with("not of the form PATTERN="));
        assert_eq!(rule("a**=1,-,-").unwrap_err(), "the pattern has a * before its end");
        assert_eq!(rule("=1,-,-").unwrap_err(), "the pattern is empty");
    }
}
