//! The other tabs of this browser: how many there are, and which topics they follow together.

use wire::cursor::Cursor;

/// A tab that has not answered this many beats of the leader is gone.
const BEATS: u32 = 3;

/// The other tabs of this browser.
#[derive(Clone, Debug, Default)]
pub struct Members(Vec<Member>);

#[derive(Clone, Debug)]
struct Member {
    tab: String,
    topics: Vec<String>,
    after: Option<Cursor>,
    /// Beats of the leader since it was heard.
    silent: u32,
}

impl Members {
    /// A tab is present, follows these topics, and has everything up to `after`.
    pub fn present(&mut self, tab: &str, topics: Vec<String>, after: Option<Cursor>) {
        self.gone(tab);
        self.0.push(Member { tab: tab.to_owned(), topics, after, silent: 0 });
    }

    /// A tab has left.
    pub fn gone(&mut self, tab: &str) {
        self.0.retain(|member| member.tab != tab);
    }

    /// The leader has asked who is present. Who has not answered several times is gone.
    pub fn beat(&mut self) {
        self.0.retain_mut(|member| {
            member.silent += 1;
            member.silent <= BEATS
        });
    }

    /// How many tabs there are beside this one.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// What they follow: some topics several times.
    pub fn topics(&self) -> impl Iterator<Item = &String> {
        self.0.iter().flat_map(|member| &member.topics)
    }

    /// A position up to which one of them has everything.
    #[must_use]
    pub fn after(&self) -> Option<&Cursor> {
        self.0.iter().find_map(|member| member.after.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_does_not_answer_is_gone_after_three_beats() {
        let mut members = Members::default();
        members.present("a", vec!["x".to_owned()], None);
        members.present("b", vec!["x".to_owned(), "y".to_owned()], Cursor::parse("E-1"));
        for _ in 0..BEATS {
            members.beat();
            members.present("b", vec!["y".to_owned()], Cursor::parse("E-1"));
            assert_eq!(members.len(), 2);
        }
        members.beat();
        assert_eq!(members.topics().collect::<Vec<_>>(), ["y"]);
        assert_eq!(members.after().cloned(), Cursor::parse("E-1"));
        members.gone("b");
        assert_eq!(members.len(), 0);
    }
}
