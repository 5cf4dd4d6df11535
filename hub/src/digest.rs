//! Digests of texts: numbers that tell one list of texts from all others and do not reveal it.

use sha2::{Digest, Sha256};

/// The number of some texts for a purpose, the same today and after a restart.
pub fn digest<'a>(purpose: &'static str, texts: impl IntoIterator<Item = &'a str>) -> u64 {
    let mut hash = Sha256::new();
    for text in [purpose].into_iter().chain(texts) {
        // With its length, so that no two lists of texts are one.
        hash.update(text.len().to_le_bytes());
        hash.update(text);
    }
    u64::from_le_bytes(*hash.finalize().first_chunk().expect("it has 32 bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_lists_of_texts_are_one() {
        let lists: [&[&str]; 5] = [&[], &[""], &["ab"], &["a", "b"], &["b", "a"]];
        let mut digests: Vec<_> =
            lists.iter().map(|it| digest("one", it.iter().copied())).collect();
        digests.push(digest("other", ["ab"]));
        let known = digests.len();
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), known);
        assert_eq!(digest("one", ["ab"]), digest("one", ["ab"]));
    }
}
