//! How many threads send streams.

use std::{num::NonZero, ops::RangeInclusive, thread::available_parallelism};

/// More than these help no machine that is known.
const WRITERS: RangeInclusive<usize> = 0..=64;

/// As many as there are processors for this process; one where nobody knows.
pub(super) fn usual() -> usize {
    available_parallelism().map_or(1, NonZero::get).min(*WRITERS.end())
}

/// Reads a number of writers.
pub(super) fn number(value: &str) -> Result<usize, &'static str> {
    let number = value.parse().ok().filter(|number| WRITERS.contains(number));
    number.ok_or("must be a number from 0 to 64")
}

#[cfg(test)]
mod tests {
    use crate::config::tests::config;

    #[test]
    fn there_are_as_many_writers_as_processors() {
        let processors = std::thread::available_parallelism().unwrap().get();
        assert_eq!(config(&[], &[]).unwrap().writers, processors.min(64));
    }

    #[test]
    fn a_number_of_writers_is_from_0_to_64() {
        let said = |value| config(&["--writers", value], &[]).map(|config| config.writers);
        assert_eq!((said("0").unwrap(), said("64").unwrap()), (0, 64));
        assert_eq!(config(&[], &[("BELFRY_WRITERS", "3")]).unwrap().writers, 3);
        for bad in ["65", "-1", "many"] {
            let bad = [format!("--writers={bad}")];
            let error = config(&[&bad[0]], &[]).unwrap_err().to_string();
            assert!(error.ends_with("for --writers: must be a number from 0 to 64"), "{error}");
        }
    }
}
