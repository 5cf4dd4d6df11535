//! Backups: a log's rows one after the other, as of one moment, while the log stays in use.
//!
//! ```text
//! "belfry backup 2\n" | seal: u64 | rows | how many there were, as a row
//! ```

use std::{
    fs::File,
    io::{self, Write},
    os::unix::fs::FileExt,
    path::Path,
};

use redb::{ReadTransaction, ReadableTable};

use super::{
    opening::OpenError,
    row::{self, HEAD, Head, Kind, Seal},
    salvage::{Survey, rebuild, scan},
    store::{EVENTS, KEYS, SPANS, TOPICS},
    volume::Folder,
};
use crate::log::Contents;

const MAGIC: &[u8; 16] = b"belfry backup 2\n";
const BEGIN: u64 = 24;

/// Writes what a transaction sees.
pub(super) fn write(
    transaction: &ReadTransaction,
    seal: Seal,
    to: &mut impl Write,
) -> Result<Contents, redb::Error> {
    let mut writing = Writing { seal, to, rows: 0, contents: Contents::default() };
    writing.to.write_all(MAGIC)?;
    writing.to.write_all(&seal.0.to_le_bytes())?;
    for row in transaction.open_table(SPANS)?.iter()? {
        writing.row(row?.1.value())?;
    }
    for row in transaction.open_table(TOPICS)?.iter()? {
        writing.row(row?.1.value())?;
    }
    for row in transaction.open_table(KEYS)?.iter()? {
        writing.row(row?.1.value())?;
    }
    for row in transaction.open_table(EVENTS)?.iter()? {
        writing.row(row?.1.value())?;
    }
    let mut end = row::begin(Kind::End, 8);
    end.extend(writing.rows.to_le_bytes());
    writing.to.write_all(&seal.seal(end))?;
    writing.to.flush()?;
    Ok(writing.contents)
}

struct Writing<'w, W> {
    seal: Seal,
    to: &'w mut W,
    rows: u64,
    contents: Contents,
}

impl<W: Write> Writing<'_, W> {
    fn row(&mut self, row: &[u8]) -> io::Result<()> {
        let Some((kind, _)) = self.seal.split(row) else {
            self.contents.damaged += 1;
            return Ok(());
        };
        self.rows += 1;
        self.contents.events += u64::from(kind == Kind::Event);
        self.to.write_all(row)
    }
}

/// Makes the log of a folder from a backup. Returns how many events it holds.
///
/// # Errors
/// Where there is a log already, the backup is not whole, or the disk refuses: then nothing was made.
pub fn restore(backup: &Path, folder: &Path) -> Result<u64, OpenError> {
    let named = |error: io::Error| OpenError::File(backup.to_owned(), error);
    let file = File::open(backup).map_err(named)?;
    let (seal, _) = whole(&file).map_err(named)?;
    let folder = Folder::take(folder)?;
    if folder.has_log() {
        return Err(OpenError::Exists(folder.file()));
    }
    let found = scan(&file, seal).map_err(named)?;
    let (survey, spans) = found.survey(&file).map_err(named)?;
    folder.make_log(|new| rebuild(&found, &file, &survey, spans.as_ref(), new))?;
    Ok(Survey::events(&survey) as u64)
}

/// Whether a backup is whole. Returns how many events it holds.
///
/// # Errors
/// Where it is not, or cannot be read.
pub fn verify(backup: &Path) -> io::Result<u64> {
    whole(&File::open(backup)?).map(|(_, events)| events)
}

/// What the rows of a backup are sealed with, and how many events it holds; an error where it is not
/// whole.
fn whole(file: &File) -> io::Result<(Seal, u64)> {
    let invalid = |why: &str| io::Error::new(io::ErrorKind::InvalidData, why);
    let mut begin = [0; BEGIN as usize];
    let whole = file.read_exact_at(&mut begin, 0);
    let Some((MAGIC, seal)) = begin.split_first_chunk().filter(|_| whole.is_ok()) else {
        return Err(invalid("it is not a Belfry backup"));
    };
    let seal = Seal(u64::from_le_bytes(*seal.first_chunk().expect("eight bytes follow")));
    let (length, mut at) = (file.metadata()?.len(), BEGIN);
    let (mut rows, mut events) = (0_u64, 0);
    loop {
        let cut = || invalid(&format!("the backup is truncated or damaged at byte {at}"));
        let mut row = vec![0; HEAD];
        file.read_exact_at(&mut row, at).map_err(|_| cut())?;
        let head = Head::read(&row).filter(|head| (head.length as u64) < length - at);
        row.resize(HEAD + head.ok_or_else(cut)?.length, 0);
        file.read_exact_at(&mut row, at).map_err(|_| cut())?;
        let (kind, body) = seal.split(&row).ok_or_else(cut)?;
        at += row.len() as u64;
        if kind == Kind::End {
            let counted = body.first_chunk().map(|count| u64::from_le_bytes(*count));
            let whole = counted == Some(rows) && at == length;
            return whole
                .then_some((seal, events))
                .ok_or_else(|| invalid("the backup is damaged at its end"));
        }
        rows += 1;
        events += u64::from(kind == Kind::Event);
    }
}
