//! Finds the data directory, which holds the log and the key, from a flag and variables.

use std::path::PathBuf;

use super::{BadSetting, Setting, given};

/// Where the data directory is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum DataDir {
    /// Where a flag or variable says.
    Said(PathBuf),
    /// The default folder among the user's data.
    Usual(PathBuf),
    /// Nothing says where, nor where the user's data is.
    Nowhere,
}

impl DataDir {
    /// Finds it by its setting, or else by the variables of others that `look_up` finds.
    pub(crate) fn find(
        said: Option<Setting>,
        look_up: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, BadSetting> {
        if let Some(said) = given(said) {
            return said.read(folder).map(Self::Said);
        }
        let folder = |name| look_up(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        // The XDG base directory specification says to ignore a relative path.
        let data = folder("XDG_DATA_HOME").filter(|data| data.is_absolute());
        Ok(data
            .or_else(|| folder("HOME").map(|home| home.join(".local/share")))
            .map_or(Self::Nowhere, |data| Self::Usual(data.join("belfry"))))
    }

    /// The folder.
    ///
    /// # Errors
    /// Where there is none.
    pub(crate) fn folder(self) -> Result<PathBuf, BadSetting> {
        match self {
            Self::Said(folder) | Self::Usual(folder) => Ok(folder),
            Self::Nowhere => {
                Err(BadSetting::missing("--data-dir", "neither XDG_DATA_HOME nor HOME is set"))
            }
        }
    }
}

/// Refuses an empty name: in a script that is an unset variable, not the working directory.
fn folder(said: &str) -> Result<PathBuf, &'static str> {
    if said.is_empty() {
        Err("must name a directory; use . for the working directory")
    } else {
        Ok(said.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Command, parsed};

    fn find(flag: Option<&str>, variables: &[(&str, &str)]) -> DataDir {
        read(flag, variables).unwrap()
    }

    fn read(flag: Option<&str>, variables: &[(&str, &str)]) -> Result<DataDir, BadSetting> {
        let look_up = |name: &str| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let flag = flag.into_iter().flat_map(|folder| ["--data-dir", folder]);
        let line = ["belfry"].into_iter().chain(flag);
        let Command::Serve(flags) = parsed(line, variables).unwrap() else { panic!() };
        DataDir::find(flags.data_dir, look_up)
    }

    #[test]
    fn data_has_a_place_of_its_own_unless_told_otherwise() {
        let all = [("BELFRY_DATA_DIR", "/belfry"), ("XDG_DATA_HOME", "/data"), ("HOME", "/ada")];
        assert_eq!(find(Some("here"), &all), DataDir::Said("here".into()));
        assert_eq!(find(None, &all), DataDir::Said("/belfry".into()));
        assert_eq!(find(None, &all[1..]), DataDir::Usual("/data/belfry".into()));
        assert_eq!(find(None, &all[2..]), DataDir::Usual("/ada/.local/share/belfry".into()));
        let relative = [("XDG_DATA_HOME", "data"), ("HOME", "/ada")];
        assert_eq!(find(None, &relative), DataDir::Usual("/ada/.local/share/belfry".into()));
        let nothing = read(Some(""), &all).unwrap_err().to_string();
        assert_eq!(
            nothing,
            r#"invalid value "" for --data-dir: must name a directory; use . for the working directory"#
        );
        assert_eq!(find(None, &[("BELFRY_DATA_DIR", ""), all[2]]), find(None, &all[2..]));
        assert_eq!(
            find(None, &[("HOME", "")]).folder().unwrap_err().to_string(),
            "--data-dir is missing: neither XDG_DATA_HOME nor HOME is set"
        );
    }
}
