//! Whether the page still belongs to the visitor, by what the server says of who asks.

use wire::identity::{Identity, REFUSED};

/// A browser may drop a cookie so long before its token ends, in microseconds: a cookie's life is counted in
/// whole seconds.
const EARLY: i64 = 2_000_000;

/// What became of the visitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Still the same.
    Nothing,
    /// Their token has expired or is no longer accepted. They may keep what they have seen.
    Ended,
    /// Somebody has signed in or out: what is shown is not theirs.
    Another,
}

/// Compares whose page it is with the mark of who asks at `now`, in microseconds since the Unix epoch on
/// the server's clock.
#[must_use]
pub fn change(page: &Identity, mark: &str, now: i64) -> Change {
    let ended = |until: i64| now.saturating_add(EARLY) >= until;
    match mark {
        REFUSED => Change::Ended,
        _ if mark == page.mark => Change::Nothing,
        "" if page.until.is_some_and(|until| ended(until.micros())) => Change::Ended,
        _ => Change::Another,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ada() -> Identity {
        Identity { mark: "a".into(), until: Some(60_000.into()), ..Identity::default() }
    }

    #[test]
    fn signing_in_and_out_and_another_person_is_a_change() {
        for (page, mark) in [(Identity::default(), "a"), (ada(), ""), (ada(), "b")] {
            assert_eq!(change(&page, mark, 0), Change::Another, "{page:?} {mark:?}");
        }
        // Whoever signs in after the end is another all the same.
        assert_eq!(change(&ada(), "b", i64::MAX), Change::Another);
    }

    #[test]
    fn the_same_is_the_same_also_with_a_fresh_token() {
        for now in [0, 59_000_000, i64::MAX] {
            assert_eq!(change(&ada(), "a", now), Change::Nothing);
            assert_eq!(change(&Identity::default(), "", now), Change::Nothing);
        }
    }

    #[test]
    fn who_has_no_token_any_longer_when_it_ends_has_not_signed_out() {
        assert_eq!(change(&ada(), "", 57_999_999), Change::Another);
        for now in [58_000_000, 60_000_000, i64::MAX] {
            assert_eq!(change(&ada(), "", now), Change::Ended);
        }
    }

    #[test]
    fn a_token_that_is_not_accepted_has_ended_whoevers_it_was() {
        for page in [ada(), Identity::default(), Identity::refused()] {
            assert_eq!(change(&page, REFUSED, 0), Change::Ended);
        }
    }
}
