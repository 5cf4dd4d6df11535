//! Why a command did not end as asked: one line, and the exit code.

use std::fmt;

use crate::config::BadSetting;

/// Why a command did not end as asked. Printed in one line.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure {
    /// The exit code.
    pub code: u8,
    why: String,
}

impl Failure {
    /// It was asked well, and could not be done.
    pub fn new(why: impl fmt::Display) -> Self {
        Self { code: 1, why: one_line(&why.to_string()) }
    }

    /// It was asked for something that nobody could do.
    pub fn of_use(why: impl fmt::Display) -> Self {
        Self { code: 2, ..Self::new(why) }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl From<BadSetting> for Failure {
    fn from(bad: BadSetting) -> Self {
        Self::of_use(bad)
    }
}

impl From<clap::Error> for Failure {
    /// What clap says in several lines, in one: what stands before the first blank line.
    fn from(error: clap::Error) -> Self {
        let said = error.to_string();
        let lines: Vec<&str> =
            said.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
        let said = lines.join(" ");
        Self::of_use(format!("{}; see belfry --help", said.trim_start_matches("error: ")))
    }
}

/// What comes from elsewhere neither breaks the line nor speaks to the terminal.
fn one_line(text: &str) -> String {
    text.chars().map(|one| if one.is_control() { ' ' } else { one }).collect()
}
