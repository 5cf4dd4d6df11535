//! Key files: reads or makes keys, and refuses those that are weak or that others can read.

use std::{
    borrow::Cow,
    error::Error,
    fmt,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use ed25519_dalek::{VerifyingKey, pkcs8::DecodePublicKey};

use super::secret::Secret;

/// The name of the key in a data directory.
const NAME: &str = "key";

/// The most that is read of a key file, in bytes.
const LARGEST_FILE: u64 = 64 * 1024;

/// A key file that cannot be used, and why.
#[derive(Debug)]
pub struct KeyError {
    path: PathBuf,
    why: Why,
}

#[derive(Debug)]
enum Why {
    Io(io::Error),
    Unfit(Cow<'static, str>),
}

impl KeyError {
    fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |error| Self { path: path.into(), why: Why::Io(error) }
    }

    fn unfit(path: &Path, why: impl Into<Cow<'static, str>>) -> Self {
        Self { path: path.into(), why: Why::Unfit(why.into()) }
    }

    /// Whether there is no such file.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(&self.why, Why::Io(error) if error.kind() == io::ErrorKind::NotFound)
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot use the key file {}: ", self.path.display())?;
        match &self.why {
            Why::Io(error) => error.fmt(f),
            Why::Unfit(why) => f.write_str(why),
        }
    }
}

impl Error for KeyError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.why {
            Why::Io(error) => Some(error),
            Why::Unfit(_) => None,
        }
    }
}

/// The key of a data directory, of which nothing else is touched.
///
/// # Errors
/// Where it cannot be read, where others can read it, or where it is under 32 bytes.
pub fn read_secret(folder: &Path) -> Result<Secret, KeyError> {
    let path = folder.join(NAME);
    let file = File::open(&path).map_err(KeyError::io(&path))?;
    let mode = file.metadata().map_err(KeyError::io(&path))?.mode() & 0o777;
    if mode & 0o077 != 0 {
        let open = format!("other users can access it (mode {mode:04o}); run chmod 600 on it");
        return Err(KeyError::unfit(&path, open));
    }
    secret_in(file, &path)
}

/// The key of a data directory, made where there is none.
pub(super) fn open_or_make(folder: &Path) -> Result<Secret, KeyError> {
    match read_secret(folder) {
        Err(error) if error.is_missing() => {
            make(folder).map_err(KeyError::io(&folder.join(NAME)))?;
            read_secret(folder)
        }
        there => there,
    }
}

/// Creates the key under another name, so that there is never half a key, and none is replaced.
fn make(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let unfinished = folder.join(format!("{NAME}.{:016x}", getrandom::u64()?));
    let made = write_new(&unfinished, &Secret::random()?)
        .and_then(|()| fs::hard_link(&unfinished, folder.join(NAME)));
    fs::remove_file(&unfinished)?;
    match made {
        // Another process was first; its key is the key.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
        Ok(()) => File::open(folder)?.sync_all(),
    }
}

fn write_new(path: &Path, secret: &Secret) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(secret.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}

/// The secret in a file named by the configuration. Its permissions are not checked: what an orchestrator
/// mounts is often readable by a group.
pub(super) fn secret(path: &Path) -> Result<Secret, KeyError> {
    secret_in(File::open(path).map_err(KeyError::io(path))?, path)
}

fn secret_in(file: File, path: &Path) -> Result<Secret, KeyError> {
    let mut bytes = bytes_in(file, path)?;
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
    }
    Secret::new(bytes).map_err(|weak| KeyError::unfit(path, weak.to_string()))
}

/// The Ed25519 public key in a PEM file.
pub(super) fn public_key(path: &Path) -> Result<VerifyingKey, KeyError> {
    let bytes = bytes_in(File::open(path).map_err(KeyError::io(path))?, path)?;
    let pem = str::from_utf8(&bytes).ok();
    let key = pem.and_then(|pem| VerifyingKey::from_public_key_pem(pem.trim()).ok());
    // For a weak key, some signatures are valid for any message.
    key.filter(|key| !key.is_weak()).ok_or_else(|| {
        KeyError::unfit(path, "it must hold an Ed25519 public key in PEM (BEGIN PUBLIC KEY)")
    })
}

fn bytes_in(file: File, path: &Path) -> Result<Vec<u8>, KeyError> {
    let mut bytes = Vec::new();
    let read = file.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(KeyError::io(path))?;
    if read as u64 > LARGEST_FILE {
        return Err(KeyError::unfit(path, format!("it must be at most {LARGEST_FILE} bytes")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use data_encoding::BASE64URL_NOPAD;
    use tempfile::TempDir;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    /// A file that holds `bytes`, which only its owner can read.
    fn file(folder: &TempDir, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = folder.path().join(NAME);
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    #[test]
    fn a_key_is_made_once_and_is_its_owners_alone() {
        let folder = TempDir::new().unwrap();
        let folder = folder.path().join("a/b");
        assert!(read_secret(&folder).unwrap_err().is_missing());
        let made = open_or_make(&folder).unwrap();
        assert_eq!((mode(&folder), mode(&folder.join(NAME))), (0o700, 0o600));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "the unfinished key is still there");
        assert_eq!(open_or_make(&folder).unwrap(), made);
        assert_eq!(read_secret(&folder).unwrap(), made);
        // The same file by the other way, as on a second node.
        assert_eq!(secret(&folder.join(NAME)).unwrap(), made);
        let text = fs::read_to_string(folder.join(NAME)).unwrap();
        assert_eq!(BASE64URL_NOPAD.decode(text.trim_end().as_bytes()).unwrap().len(), 32);
        assert_ne!(Secret::random().unwrap(), made);
    }

    #[test]
    fn a_key_that_another_made_meanwhile_is_kept() {
        let folder = TempDir::new().unwrap();
        let first = open_or_make(folder.path()).unwrap();
        make(folder.path()).unwrap();
        assert_eq!(read_secret(folder.path()).unwrap(), first);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_key_that_others_have_rights_to_is_refused() {
        let folder = TempDir::new().unwrap();
        open_or_make(folder.path()).unwrap();
        for open in [0o640, 0o604, 0o620, 0o601] {
            let path = folder.path().join(NAME);
            fs::set_permissions(&path, fs::Permissions::from_mode(open)).unwrap();
            let why = open_or_make(folder.path()).unwrap_err().to_string();
            let (path, mode) = (path.display(), format!("(mode {open:04o})"));
            assert!(
                why.starts_with(&format!("cannot use the key file {path}: other users")),
                "{why}"
            );
            assert!(why.contains(&mode) && why.ends_with("run chmod 600 on it"), "{why}");
        }
    }

    #[test]
    fn a_short_secret_is_refused_and_one_newline_does_not_count() {
        let folder = TempDir::new().unwrap();
        let path = file(&folder, [b'x'; 32]);
        assert!(secret(&path).is_ok());
        for short in ["", "\n", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n"] {
            let path = file(&folder, short);
            let why = read_secret(folder.path()).unwrap_err().to_string();
            assert!(why.contains(": secret must have at least 32 bytes, not "), "{why}");
            assert_eq!(secret(&path).unwrap_err().to_string(), why);
        }
        let path = file(&folder, [b"\n\n".as_slice(), &[b'x'; 32], b"\r\n\n"].concat());
        assert_eq!(secret(&path).unwrap().as_bytes().len(), 36);
        let path = file(&folder, vec![b'x'; 64 * 1024 + 1]);
        assert!(secret(&path).unwrap_err().to_string().ends_with("at most 65536 bytes"));
    }

    #[test]
    fn a_public_key_is_ed25519_in_pem() {
        let key = "MCowBQYDK2VwAyEA6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw=";
        let weak = "MCowBQYDK2VwAyEAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
        let private = "MC4CAQAwBQYDK2VwBCIEIAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH";
        let pem = |name: &str, key: &str| {
            format!("-----BEGIN {name}-----\n{key}\n-----END {name}-----\n")
        };
        let folder = TempDir::new().unwrap();
        let read =
            |text: String| public_key(&file(&folder, text)).map_err(|error| error.to_string());
        assert!(read(pem("PUBLIC KEY", key)).is_ok());
        assert!(read(pem("PUBLIC KEY", key).replace('\n', "\r\n") + "\n\n").is_ok());
        for wrong in [
            String::new(),
            key.into(),
            pem("PUBLIC KEY", weak),
            pem("PUBLIC KEY", &key[4..]),
            pem("PRIVATE KEY", private),
            pem("PUBLIC KEY", private),
        ] {
            assert!(
                read(wrong.clone()).unwrap_err().contains("must hold an Ed25519 public key"),
                "{wrong}"
            );
        }
        let missing = public_key(&folder.path().join("none")).unwrap_err();
        assert!(missing.is_missing() && missing.to_string().contains("/none: "), "{missing}");
    }
}
