//! The words of the document around the pages. Only the server renders them, so they are kept out of the
//! wasm.

use wire::language::Language;

/// The words of one language.
#[derive(Debug)]
pub struct Words {
    /// The language and a country, in the form of `og:locale`.
    pub locale: &'static str,
    /// The address of the web app manifest.
    pub manifest: &'static str,
    /// What Belfry is, in the footer.
    pub about: &'static str,
    /// The link to the guide to publishing and following.
    pub publish_and_follow: &'static str,
    /// The link to the guide to operations.
    pub operations: &'static str,
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
    locale: "en_GB",
    manifest: "/manifest.webmanifest",
    about: "Belfry is a single program that pushes the server’s time, and whatever you publish, to every browser over Server-Sent Events.",
    publish_and_follow: "Publish and follow",
    operations: "Operations",
};

static CHINESE: Words = Words {
    locale: "zh_CN",
    manifest: "/manifest.zh-CN.webmanifest",
    about: "Belfry 只用一个程序，就能通过 Server-Sent Events 把服务器时间和你发布的任何内容推送到每个浏览器。",
    publish_and_follow: "发布与订阅",
    operations: "运维",
};
