//! Things in numbered places, of which those that are left are used again.

/// Things in numbered places.
#[derive(Debug)]
pub(super) struct Places<T> {
    taken: Vec<Option<T>>,
    free: Vec<usize>,
}

impl<T> Default for Places<T> {
    fn default() -> Self {
        Self { taken: Vec::new(), free: Vec::new() }
    }
}

impl<T> Places<T> {
    /// Puts something that is made for its place there, and returns the place.
    pub(super) fn put(&mut self, make: impl FnOnce(usize) -> T) -> usize {
        let place = self.free.pop().unwrap_or_else(|| {
            self.taken.push(None);
            self.taken.len() - 1
        });
        self.taken[place] = Some(make(place));
        place
    }

    /// Where the next one will be put.
    pub(super) fn next(&self) -> usize {
        self.free.last().copied().unwrap_or(self.taken.len())
    }

    /// What is in a place.
    pub(super) fn get(&self, place: usize) -> Option<&T> {
        self.taken.get(place)?.as_ref()
    }

    /// The same, to be changed.
    pub(super) fn get_mut(&mut self, place: usize) -> Option<&mut T> {
        self.taken.get_mut(place)?.as_mut()
    }

    /// Takes out what is in a place.
    pub(super) fn take(&mut self, place: usize) -> Option<T> {
        let taken = self.taken.get_mut(place)?.take()?;
        self.free.push(place);
        Some(taken)
    }

    /// How many places there are, taken or not.
    pub(super) fn len(&self) -> usize {
        self.taken.len()
    }
}
