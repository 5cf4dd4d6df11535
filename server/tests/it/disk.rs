//! A simulated disk: after a power cut, only what was synced is sure to be there.

mod backend;
mod fate;
mod gate;

use std::{
    fmt, io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use belfry_hub::log::embedded::{OpenError, Volume, make};
use fastrand::Rng;
use redb::{Builder, Database};

use fate::{Change, left};
use gate::Gate;

/// So little that the log has to read what it wrote, in bytes.
const CACHE: usize = 32 * 1024;

/// What the log asks of a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Read,
    Write,
    Length,
    Sync,
    /// The file gets its name.
    Name,
    /// How much room there is.
    Room,
}

/// What goes wrong, once or for a while.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    /// What fails; `None` for whatever comes.
    pub(crate) kind: Option<Kind>,
    /// The first of that kind that fails, from now, counted from 1.
    pub(crate) nth: u64,
    /// How many fail in a row.
    pub(crate) times: u64,
    /// The error of the operating system.
    pub(crate) error: i32,
}

struct State {
    /// What survives a power cut for certain.
    durable: Vec<u8>,
    /// What reads see.
    seen: Vec<u8>,
    /// What was changed since the last sync.
    unsynced: Vec<Change>,
    /// The file has its name, for certain.
    named: bool,
    room: u64,
    panics: bool,
    fault: Option<Fault>,
    /// How many operations there may be until the power goes.
    power: Option<u64>,
    /// How many operations failed by the fault.
    failed: u64,
    /// How many reads there were.
    reads: u64,
    random: Rng,
    /// A sync that does nothing.
    lies: bool,
}

/// A disk; clones share it.
#[derive(Clone)]
pub(crate) struct Disk(Arc<Mutex<State>>, Arc<Gate>);

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Disk")
    }
}

impl Disk {
    pub(crate) fn new(seed: u64) -> Self {
        let state = Arc::new(Mutex::new(State {
            durable: Vec::new(),
            seen: Vec::new(),
            unsynced: Vec::new(),
            named: false,
            room: u64::MAX,
            panics: false,
            fault: None,
            power: None,
            failed: 0,
            reads: 0,
            random: Rng::with_seed(seed),
            lies: false,
        }));
        Self(state, Arc::default())
    }

    /// From here on everything of a kind hangs until the disk is [released](Self::release).
    pub(crate) fn hang(&self, kind: Kind) {
        self.1.close_for(Some(kind));
    }

    pub(crate) fn release(&self) {
        self.1.close_for(None);
    }

    /// Whether something hangs.
    pub(crate) fn hangs(&self) -> bool {
        self.1.hanging() > 0
    }

    pub(crate) fn fail(&self, fault: Fault) {
        self.state().fault = Some(fault);
    }

    /// How many operations the fault made fail.
    pub(crate) fn failed(&self) -> u64 {
        self.state().failed
    }

    /// How often it was read from.
    pub(crate) fn reads(&self) -> u64 {
        self.state().reads
    }

    /// Cuts the power at the `nth` operation from now.
    pub(crate) fn cut_at(&self, nth: u64) {
        self.state().power = Some(nth);
    }

    pub(crate) fn has_power(&self) -> bool {
        self.state().power != Some(0)
    }

    pub(crate) fn set_room(&self, room: u64) {
        self.state().room = room;
    }

    pub(crate) fn panic_when_asked_for_room(&self) {
        self.state().panics = true;
    }

    /// From here on a sync does nothing, and says that it did.
    pub(crate) fn lie(&self) {
        self.state().lies = true;
    }

    /// The disk when the power is back: of what was not synced any part may be missing, torn, or
    /// there without what came before it.
    pub(crate) fn after_cut(&self) -> Self {
        let mut state = self.state();
        let State { durable, unsynced, random, .. } = &mut *state;
        let file = left(durable, unsynced, random);
        state.successor(file)
    }

    /// Another disk with the same file, whose power stays.
    pub(crate) fn copy(&self) -> Self {
        let mut state = self.state();
        let file = state.seen.clone();
        state.successor(file)
    }

    /// Changes a byte of these words wherever they are stored.
    pub(crate) fn damage(&self, words: &str) {
        let mut state = self.state();
        let State { durable, seen, .. } = &mut *state;
        for file in [durable, seen] {
            let found: Vec<_> = file
                .windows(words.len())
                .enumerate()
                .filter_map(|(at, bytes)| (bytes == words.as_bytes()).then_some(at))
                .collect();
            found.into_iter().for_each(|at| file[at] ^= 1);
        }
    }

    /// The file as it can be read; `None` before it has its name.
    pub(crate) fn file(&self) -> Option<Vec<u8>> {
        let state = self.state();
        state.named.then(|| state.seen.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn successor(&mut self, file: Vec<u8>) -> Disk {
        let file = if self.named { file } else { Vec::new() };
        let disk = Disk::new(self.random.u64(..));
        let mut state = disk.state();
        (state.durable, state.seen, state.named) = (file.clone(), file, self.named);
        state.lies = self.lies;
        drop(state);
        disk
    }

    /// Counts an operation, and fails where it is to fail.
    fn begin(&mut self, kind: Kind) -> io::Result<()> {
        // Reading costs no power: what a cut leaves depends on what was written.
        if kind != Kind::Read
            && let Some(power) = &mut self.power
        {
            *power = power.saturating_sub(1);
        }
        if self.power == Some(0) {
            return Err(io::Error::other("there is no power"));
        }
        if let Some(fault) = &mut self.fault
            && fault.kind.is_none_or(|one| one == kind)
        {
            fault.nth = fault.nth.saturating_sub(1);
            if fault.nth == 0 && fault.times > 0 {
                fault.times -= 1;
                self.failed += 1;
                return Err(io::Error::from_raw_os_error(fault.error));
            }
        }
        Ok(())
    }

    fn change(&mut self, change: Change) {
        change.apply(&mut self.seen);
        self.unsynced.push(change);
    }

    fn sync(&mut self) -> io::Result<()> {
        let begun = self.begin(Kind::Sync);
        let Self { durable, unsynced, random, lies, .. } = self;
        match begun {
            Ok(()) if *lies => {}
            Ok(()) => unsynced.drain(..).for_each(|change| change.apply(durable)),
            Err(_) if self.power == Some(0) => {}
            // The kernel counts what it could not write as written: it can be read until it is
            // forgotten, and never reaches the disk.
            Err(_) => {
                let fate = random.u8(0..3);
                let mut arrives = |_: &Change| fate == 0 || fate == 1 && random.bool();
                unsynced
                    .drain(..)
                    .filter(|change| arrives(change))
                    .for_each(|change| change.apply(durable));
            }
        }
        begun
    }

    fn forget_unsynced(&mut self) {
        self.seen.clone_from(&self.durable);
        self.unsynced.iter().for_each(|change| change.apply(&mut self.seen));
    }
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE);
    builder
}

impl Volume for Disk {
    fn open(&self) -> Result<Database, OpenError> {
        if !self.state().named {
            let mut state = self.state();
            (state.durable, state.seen) = (Vec::new(), Vec::new());
            state.unsynced.clear();
            drop(state);
            let database = builder().create_with_backend(self.clone())?;
            make(&database)?;
            database.close()?;
            let mut state = self.state();
            state.sync()?;
            state.begin(Kind::Name)?;
            state.named = true;
        }
        self.forget_unsynced();
        Ok(builder().create_with_backend(self.clone())?)
    }

    fn forget_unsynced(&self) {
        self.state().forget_unsynced();
    }

    fn room(&self) -> io::Result<u64> {
        self.1.pass(Kind::Room);
        let mut state = self.state();
        assert!(!std::mem::take(&mut state.panics), "asked for room");
        Ok(state.room)
    }
}
