//! The words of the document around the pages, which the server writes alone: in the browser's half they
//! would be weight.

use crate::language::Language;

/// The words of one language.
#[derive(Debug)]
pub struct Words {
    /// The language and a country, as `og:locale` wants it.
    pub locale: &'static str,
    /// The address of the manifest, by which the pages are installed as an application.
    pub manifest: &'static str,
    /// What Belfry is.
    pub about: &'static str,
    /// What leads to the document on publishing and following.
    pub publish_and_follow: &'static str,
    /// What leads to the document on running Belfry.
    pub operations: &'static str,
}

/// Those of a language.
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
    about: "Belfry pushes the server's time, and everything else that changes, to every browser over Server-Sent Events, from one program.",
    publish_and_follow: "Publish and follow",
    operations: "Operations",
};

static CHINESE: Words = Words {
    locale: "zh_CN",
    manifest: "/manifest.zh-CN.webmanifest",
    about: "Belfry 用一个程序，通过 Server-Sent Events 把服务器的时间和其他一切变化推送给每一个浏览器。",
    publish_and_follow: "发布与订阅",
    operations: "运维",
};
