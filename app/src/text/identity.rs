//! The notices shown when a sign-in has ended, or something else answers in the server's place. The server
//! renders them and the browser only unhides them, so the words are kept out of the wasm.

use wire::language::Language;

/// The words of one language.
#[derive(Debug)]
pub struct Words {
    /// The token has expired, or is no longer accepted.
    pub ended: &'static str,
    /// What that means for the page.
    pub ended_means: &'static str,
    /// The button under the field for another token, and the label of that section.
    pub sign_in: &'static str,
    /// Something else answers in the server's place.
    pub barred: &'static str,
    /// What it may be, and what to do about it.
    pub barred_means: &'static str,
}

/// The words of a language.
#[must_use]
pub fn words(language: Language) -> &'static Words {
    match language {
        Language::English => &ENGLISH,
        Language::Chinese => &CHINESE,
    }
}

static ENGLISH: Words = Words {
    ended: "You’re no longer signed in",
    ended_means: "Your token has expired or is no longer accepted. Private content on this page no longer updates and may be out of date.",
    sign_in: "Sign in",
    barred: "Another page is answering in this server’s place",
    barred_means: "You may need to sign in again on that page. Reload to see it.",
};

static CHINESE: Words = Words {
    ended: "登录已失效",
    ended_means: "令牌已过期或不再有效。本页的私有内容不再更新，可能已过时。",
    sign_in: "登录",
    barred: "响应来自其他网页，而不是本服务器",
    barred_means: "你可能需要在那个网页上重新登录，刷新后即可看到。",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_string_is_translated() {
        let strings = |words: &Words| -> Vec<_> {
            format!("{words:?}").split('"').skip(1).step_by(2).map(str::to_owned).collect()
        };
        let (english, chinese) = (strings(&ENGLISH), strings(&CHINESE));
        assert_eq!((english.len(), chinese.len()), (5, 5));
        for (english, chinese) in english.iter().zip(&chinese) {
            assert!(english.replace('’', "'").is_ascii(), "{english}");
            assert!(!chinese.contains(|letter: char| letter.is_ascii_alphabetic()), "{chinese}");
        }
    }
}
