//! A place in the log: an event's `id` goes in, something that can be compared comes out.

/// A place in a log, as `<epoch>-<sequence>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    epoch: String,
    sequence: u64,
}

impl Cursor {
    /// `None` where the text is no cursor.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (epoch, sequence) = text.rsplit_once('-')?;
        Some(Self { epoch: epoch.to_owned(), sequence: sequence.parse().ok()? })
    }

    /// Whether whoever stands here has passed `other`, or stands there too. Nobody has passed a
    /// place in another log.
    #[must_use]
    pub fn reaches(&self, other: &Self) -> bool {
        self.epoch == other.epoch && self.sequence >= other.sequence
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.epoch, self.sequence)
    }
}
