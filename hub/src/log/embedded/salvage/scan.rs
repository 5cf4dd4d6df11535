//! Scans a file for rows.

use std::{collections::HashMap, fs::File, io, os::unix::fs::FileExt};

use memchr::memmem::Finder;

use super::{
    super::row::{HEAD, Head, Kind, MAGIC, Seal},
    found::Found,
};

/// How much of a file is looked at in one piece, in bytes.
const PIECE: usize = 4 << 20;

/// No row is larger than this, in bytes: an event with all its names.
const LARGEST_ROW: usize = 2 << 20;

/// How many seals are tried, those of the most rows first.
const SEALS: usize = 4;

/// Finds the rows of a file that are sealed with `seal`. What lies within one is not looked at: it is
/// what somebody published.
pub(in super::super) fn scan(file: &File, seal: Seal) -> io::Result<Found> {
    let mut found = Found::new(seal);
    each(file, |bytes, at| {
        let (kind, body) = seal.split(bytes)?;
        found.note(kind, body, at);
        Some(HEAD + body.len())
    })?;
    Ok(found)
}

/// What the rows of a file may be sealed with, the likeliest first: each row of totals names its seal.
pub(in super::super) fn seals(file: &File) -> io::Result<Vec<Seal>> {
    let mut counts = HashMap::<Seal, usize>::new();
    each(file, |bytes, _| {
        let head = Head::read(bytes).filter(|head| head.kind == Kind::Totals)?;
        let seal = Seal(u64::from_le_bytes(*bytes.get(HEAD..)?.first_chunk()?));
        seal.split(bytes)?;
        *counts.entry(seal).or_default() += 1;
        Some(HEAD + head.length)
    })?;
    let mut seals: Vec<_> = counts.into_iter().collect();
    seals.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    Ok(seals.into_iter().map(|(seal, _)| seal).take(SEALS).collect())
}

/// Calls `look` for whatever begins as a row does, with what follows and where it lies. `look` says how
/// much of it is one.
fn each(file: &File, mut look: impl FnMut(&[u8], u64) -> Option<usize>) -> io::Result<()> {
    let (finder, length) = (Finder::new(MAGIC), file.metadata()?.len());
    let (mut bytes, mut begin) = (Vec::new(), 0_u64);
    while begin < length {
        let size = (length - begin).min((PIECE + LARGEST_ROW) as u64);
        bytes.resize(usize::try_from(size).expect("a piece fits"), 0);
        file.read_exact_at(&mut bytes, begin)?;
        let (mut at, end) = (0, bytes.len().min(PIECE));
        while let Some(next) = finder.find(&bytes[at..]).map(|next| at + next)
            && next < end
        {
            at = next + look(&bytes[next..], begin + next as u64).unwrap_or(1);
        }
        begin += at.max(end) as u64;
    }
    Ok(())
}
