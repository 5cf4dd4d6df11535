//! One setting: a flag and its variables go in, its value comes out, or what is wrong with it.

use std::fmt;

/// A setting whose value cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub struct BadSetting {
    /// The flag or variable that holds it.
    pub name: &'static str,
    /// What it holds; `None` where it is needed and missing.
    pub value: Option<String>,
    /// Why that is of no use.
    pub reason: String,
}

impl fmt::Display for BadSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "{} is {value:?}: {}", self.name, self.reason),
            None => write!(f, "{} is needed: {}", self.name, self.reason),
        }
    }
}

impl std::error::Error for BadSetting {}

impl BadSetting {
    /// A setting without which there is nothing to do.
    pub(crate) fn missing(name: &'static str, reason: &str) -> Self {
        Self { name, value: None, reason: reason.into() }
    }
}

/// What was said for a setting, and where.
#[derive(Debug)]
pub(crate) struct Found {
    name: &'static str,
    value: String,
}

impl Found {
    /// What the command line says, where no variable could.
    pub(crate) fn on_the_line(name: &'static str, value: String) -> Self {
        Self { name, value }
    }

    /// Reads the value, or says which setting holds one that cannot be read.
    pub(crate) fn read<T, E: fmt::Display>(
        self,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, BadSetting> {
        read(&self.value).map_err(|reason| BadSetting {
            name: self.name,
            value: Some(self.value.clone()),
            reason: reason.to_string(),
        })
    }

    /// What is wrong with a value that nobody else may see.
    pub(crate) fn hidden(&self, reason: &str) -> BadSetting {
        BadSetting { name: self.name, value: Some("…".into()), reason: reason.into() }
    }

    /// The value as it is.
    pub(crate) fn value(&self) -> &str {
        &self.value
    }

    /// The value as it is.
    pub(crate) fn into_value(self) -> String {
        self.value
    }
}

/// Looks for what was said. A flag goes before its variables, and an empty variable counts as
/// absent.
pub(crate) struct Settings<F>(pub(crate) F);

impl<F: Fn(&str) -> Option<String>> Settings<F> {
    /// A setting by its names: the flag's, then those of its variables.
    pub(crate) fn find(&self, flag: Option<String>, names: &[&'static str]) -> Option<Found> {
        if let Some(value) = flag {
            return Some(Found { name: names[0], value });
        }
        names[1..].iter().find_map(|name| self.variable(name).map(|value| Found { name, value }))
    }

    /// A setting that may be said several times: the flag again and again, the variable with
    /// `separator` between its parts.
    pub(crate) fn find_all(
        &self,
        flags: Vec<String>,
        [flag, variable]: [&'static str; 2],
        separator: char,
    ) -> Vec<Found> {
        if !flags.is_empty() {
            return flags.into_iter().map(|value| Found { name: flag, value }).collect();
        }
        let said = self.variable(variable).unwrap_or_default();
        let parts = said.split(separator).filter(|part| !part.is_empty());
        parts.map(|part| Found { name: variable, value: part.into() }).collect()
    }

    /// A variable that is not empty.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }
}

/// Reads a duration as people write it.
pub(crate) fn duration(value: &str) -> Result<std::time::Duration, &'static str> {
    humantime::parse_duration(value).map_err(|_| "not a number with a unit, as 3s, 500ms or 1m")
}
