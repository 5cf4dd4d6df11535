//! Where the log and the key are: a flag and variables go in, a folder comes out.

use std::path::PathBuf;

use super::{BadSetting, Settings};

/// Where the data directory is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum DataDir {
    /// Where somebody said.
    Said(PathBuf),
    /// A folder of its own among the user's data.
    Usual(PathBuf),
    /// Nothing was said, and nobody knows where the user's data is.
    Nowhere,
}

impl DataDir {
    pub(crate) fn find<F: Fn(&str) -> Option<String>>(
        flag: Option<String>,
        settings: &Settings<F>,
    ) -> Result<Self, BadSetting> {
        if let Some(said) = settings.find(flag, &["--data-dir", "BELFRY_DATA_DIR"]) {
            return said.read(folder).map(Self::Said);
        }
        let folder = |name| settings.variable(name).map(PathBuf::from);
        // By the standard for base directories, one that is relative is ignored.
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
            Self::Nowhere => Err(BadSetting::missing(
                "--data-dir",
                "neither XDG_DATA_HOME nor HOME says where data is kept",
            )),
        }
    }
}

/// Refuses no name at all: in a script it is a variable that is not set, and the working directory is
/// not meant.
fn folder(said: &str) -> Result<PathBuf, &'static str> {
    if said.is_empty() {
        Err("it names no folder; . is the working directory")
    } else {
        Ok(said.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(flag: Option<&str>, variables: &[(&str, &str)]) -> DataDir {
        read(flag, variables).unwrap()
    }

    fn read(flag: Option<&str>, variables: &[(&str, &str)]) -> Result<DataDir, BadSetting> {
        let look_up = |name: &str| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        DataDir::find(flag.map(ToOwned::to_owned), &Settings(look_up))
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
        assert_eq!(nothing, r#"--data-dir is "": it names no folder; . is the working directory"#);
        assert_eq!(find(None, &[("BELFRY_DATA_DIR", ""), all[2]]), find(None, &all[2..]));
        assert_eq!(
            find(None, &[("HOME", "")]).folder().unwrap_err().to_string(),
            "--data-dir is needed: neither XDG_DATA_HOME nor HOME says where data is kept"
        );
    }
}
