//! One setting, from a flag and its variables: its value, or what is wrong with it.

use std::{error::Error, ffi::OsStr, fmt};

use clap::{
    Arg, Command,
    builder::{StringValueParser, TypedValueParser, ValueParserFactory},
    parser::ValueSource,
};

/// Why a value cannot be used.
pub(super) type Reason = Box<dyn Error + Send + Sync>;

/// An invalid or missing setting.
#[derive(Debug)]
pub struct BadSetting {
    /// The flag or variable that holds it.
    pub name: String,
    /// Its value; `None` if it is missing.
    pub value: Option<String>,
    /// What it must be.
    pub reason: Reason,
}

impl fmt::Display for BadSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => {
                write!(f, "invalid value \"{value}\" for {}: {}", self.name, self.reason)
            }
            None => write!(f, "{} is missing: {}", self.name, self.reason),
        }
    }
}

impl Error for BadSetting {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.reason.source()
    }
}

impl BadSetting {
    /// A required setting that is missing.
    pub(crate) fn missing(name: &str, reason: &str) -> Self {
        Self { name: name.into(), value: None, reason: reason.into() }
    }
}

/// The value of a setting, and where it came from: the command line or the setting's variable. A flag takes
/// precedence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The flag, the argument or the variable.
    name: String,
    value: String,
    is_variable: bool,
}

impl Setting {
    /// The value of a variable that has no flag; `None` if it is empty or not set.
    pub(crate) fn of_variable(
        name: &str,
        look_up: impl Fn(&str) -> Option<String>,
    ) -> Option<Self> {
        let value = look_up(name);
        given(value.map(|value| Self { name: name.into(), value, is_variable: true }))
    }

    /// Reads the value, or says which setting holds one that cannot be read.
    pub(crate) fn read<T, E: Into<Reason>>(
        &self,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, BadSetting> {
        read(&self.value).map_err(|reason| BadSetting {
            name: self.name.clone(),
            value: Some(self.value.clone()),
            reason: reason.into(),
        })
    }

    /// An error for a value that must not be shown.
    pub(crate) fn hidden(&self, reason: &str) -> BadSetting {
        BadSetting { name: self.name.clone(), value: Some("…".into()), reason: reason.into() }
    }

    /// An error for a value that cannot be used beside another setting.
    pub(crate) fn unfit(&self, reason: &str) -> BadSetting {
        let (name, value) = (self.name.clone(), Some(self.value.clone()));
        BadSetting { name, value, reason: reason.into() }
    }

    /// Whether the variable gives it.
    pub(crate) fn is_variable(&self) -> bool {
        self.is_variable
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

/// The setting, unless it is an empty variable, which counts as absent.
pub(crate) fn given(setting: Option<Setting>) -> Option<Setting> {
    setting.filter(|setting| !(setting.is_variable && setting.value.is_empty()))
}

/// Reads a setting, or takes what is usual where it is not given.
pub(super) fn read_or<T, E: Into<Reason>>(
    setting: Option<Setting>,
    usual: T,
    read: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, BadSetting> {
    given(setting).map_or(Ok(usual), |setting| setting.read(read))
}

/// Reads a switch, which is off unless it is given.
pub(super) fn switched(setting: Setting) -> Result<bool, BadSetting> {
    read_or(Some(setting), false, yes_or_no)
}

/// A setting that may have several values: the flag is repeated, the variable has `separator` between them.
pub(super) fn all_given(settings: Vec<Setting>, separator: char) -> Vec<Setting> {
    let parts = |setting: Setting| {
        if !setting.is_variable {
            return vec![setting];
        }
        let parts = setting.value.split(separator).filter(|part| !part.is_empty());
        parts.map(|part| Setting { value: part.into(), ..setting.clone() }).collect()
    };
    settings.into_iter().flat_map(parts).collect()
}

impl ValueParserFactory for Setting {
    type Parser = SettingParser;

    fn value_parser() -> SettingParser {
        SettingParser
    }
}

/// Has clap remember where it has found a setting.
#[derive(Clone, Copy, Debug)]
pub struct SettingParser;

impl TypedValueParser for SettingParser {
    type Value = Setting;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Setting, clap::Error> {
        self.parse_ref_(command, argument, value, ValueSource::CommandLine)
    }

    fn parse_ref_(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
        source: ValueSource,
    ) -> Result<Setting, clap::Error> {
        let variable = argument.and_then(Arg::get_env);
        if let Some(name) = variable.filter(|_| source != ValueSource::CommandLine) {
            let text = |os: &OsStr| os.to_string_lossy().into_owned();
            return Ok(Setting { name: text(name), value: text(value), is_variable: true });
        }
        let value = StringValueParser::new().parse_ref(command, argument, value)?;
        let name = argument.map(name_of).unwrap_or_default();
        Ok(Setting { name, value, is_variable: false })
    }
}

/// What an argument is called on the command line.
fn name_of(argument: &Arg) -> String {
    match (argument.get_long(), argument.get_value_names()) {
        (Some(long), _) => format!("--{long}"),
        (None, Some([name, ..])) => name.to_string(),
        _ => argument.get_id().to_string(),
    }
}

/// Reads a duration as people write it.
pub(crate) fn duration(value: &str) -> Result<std::time::Duration, &'static str> {
    humantime::parse_duration(value)
        .map_err(|_| "must be a number with a unit, such as 3s, 500ms or 1m")
}

/// Reads the value of a switch.
pub(super) fn yes_or_no(value: &str) -> Result<bool, &'static str> {
    match value {
        "1" | "true" => Ok(true),
        "0" | "false" => Ok(false),
        _ => Err("must be 1, true, 0 or false"),
    }
}
