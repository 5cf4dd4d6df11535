//! What a power cut leaves of changes to a file that were not synced.

use fastrand::Rng;

/// What is torn, in bytes.
const SECTOR: usize = 512;

/// A change of the file that was not synced.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Write(usize, Vec<u8>),
    Length(usize),
}

impl Change {
    pub(super) fn apply(&self, file: &mut Vec<u8>) {
        match self {
            Self::Length(length) => {
                file.truncate(*length);
                file.extend_from_slice(&vec![0; length - file.len()]);
            }
            Self::Write(at, bytes) => {
                let end = file.len().max(at + bytes.len());
                Self::Length(end).apply(file);
                file[*at..at + bytes.len()].copy_from_slice(bytes);
            }
        }
    }
}

/// A file after a power cut: of what was not synced any part may be missing, torn, or there without
/// what came before it.
pub(super) fn left(durable: &[u8], unsynced: &[Change], random: &mut Rng) -> Vec<u8> {
    let (mut file, mut changes) = (durable.to_vec(), unsynced.to_vec());
    if random.bool() {
        random.shuffle(&mut changes);
    }
    // In one case of five all arrives, so that a commit that nobody was told about may stay.
    let fate = random.u8(0..5);
    for change in &changes {
        match change {
            change if fate == 0 => change.apply(&mut file),
            _ if random.u8(0..=fate) == 0 => {}
            Change::Write(at, bytes) if random.u8(0..3) == 0 => {
                for (index, sector) in bytes.chunks(SECTOR).enumerate() {
                    if random.bool() {
                        Change::Write(at + index * SECTOR, sector.into()).apply(&mut file);
                    }
                }
            }
            change => change.apply(&mut file),
        }
    }
    file
}
