//! What the tabs say of themselves goes in; how many there are, and which topics they follow
//! together, comes out.

/// A tab that has not answered so many beats of the leader is gone.
const BEATS: u32 = 3;

/// The other tabs of this browser.
#[derive(Clone, Debug, Default)]
pub struct Crew(Vec<Member>);

#[derive(Clone, Debug)]
struct Member {
    tab: String,
    topics: Vec<String>,
    after: Option<String>,
    /// Beats of the leader since it was heard.
    silent: u32,
}

impl Crew {
    /// A tab is here, follows these topics, and has everything up to `after`.
    pub fn here(&mut self, tab: &str, topics: Vec<String>, after: Option<String>) {
        self.gone(tab);
        self.0.push(Member { tab: tab.to_owned(), topics, after, silent: 0 });
    }

    /// A tab has left.
    pub fn gone(&mut self, tab: &str) {
        self.0.retain(|member| member.tab != tab);
    }

    /// The leader has asked who is there. Who has not answered several times is gone.
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

    /// A place up to which one of them has everything.
    #[must_use]
    pub fn after(&self) -> Option<&String> {
        self.0.iter().find_map(|member| member.after.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_does_not_answer_is_gone_after_three_beats() {
        let mut crew = Crew::default();
        crew.here("a", vec!["x".to_owned()], None);
        crew.here("b", vec!["x".to_owned(), "y".to_owned()], Some("E-1".to_owned()));
        for _ in 0..BEATS {
            crew.beat();
            crew.here("b", vec!["y".to_owned()], Some("E-1".to_owned()));
            assert_eq!(crew.len(), 2);
        }
        crew.beat();
        assert_eq!(crew.topics().collect::<Vec<_>>(), ["y"]);
        assert_eq!(crew.after().map(String::as_str), Some("E-1"));
        crew.gone("b");
        assert_eq!(crew.len(), 0);
    }
}
