//! The words of the console.

/// The words of one language.
#[derive(Debug)]
#[expect(missing_docs, reason = "each field is named after what it heads or says")]
pub struct Words {
    pub heading: &'static str,
    pub about: &'static str,
    pub topic: &'static str,
    pub show: &'static str,
    /// The list of a topic's events.
    pub events_of: fn(&str) -> String,
    pub newest_first: &'static str,
    pub no_topic: &'static str,
    /// Nothing was published to a topic yet.
    pub nothing: fn(&str) -> String,
    pub publish: &'static str,
    pub not_a_topic: &'static str,
    pub unavailable: &'static str,
    pub gap: &'static str,
    /// In the place of a topic's earlier events.
    pub purged: &'static str,
    /// So many events have come.
    pub came: fn(&str) -> String,
    pub private: &'static str,
    pub topics: &'static str,
    /// Leads to the whole of long data: its size.
    pub whole: fn(&str) -> String,
    /// Data that is too long for the page: its size.
    pub cut: fn(&str) -> String,
}

/// English.
pub static ENGLISH: Words = Words {
    heading: "Console",
    about: "What is published to a topic, as it arrives.",
    topic: "Topic",
    show: "Show",
    events_of: |topic| format!("Events of “{topic}”"),
    newest_first: "newest first",
    no_topic: "Name a topic to see its newest events here, and each new one when it is published.",
    nothing: |topic| {
        format!("Nothing has been published to “{topic}” yet. It will appear here when it is.")
    },
    publish: "Publish an event from a shell on the server's machine:",
    not_a_topic: "No topic has such a name. A name has up to 255 bytes, no control characters, no * but as the whole of a last level, and no empty segment between its slashes, nor one that is . or ..",
    unavailable: "The log cannot be read just now. What is published from now on still appears here.",
    gap: "Events are missing here.",
    purged: "Earlier events were removed.",
    came: |count| format!("{count} new events"),
    private: "private",
    topics: "also to",
    whole: |size| format!("all of {size}"),
    cut: |size| format!("… cut here: it has {size}. The whole is in the topic's history."),
};

/// 简体中文.
pub static CHINESE: Words = Words {
    heading: "控制台",
    about: "查看发布到某个主题的事件，随到随显。",
    topic: "主题",
    show: "查看",
    events_of: |topic| format!("“{topic}”的事件"),
    newest_first: "最新的在前",
    no_topic: "输入一个主题，即可看到它最新的事件；新事件一经发布就会出现在这里。",
    nothing: |topic| format!("“{topic}”还没有事件。一有发布就会出现在这里。"),
    publish: "在服务器的终端里发布一个事件：",
    not_a_topic: "主题不能用这个名称。名称最长 255 字节，不含控制字符，* 只能独占最后一级，斜杠之间不能为空，也不能是 . 或 ..",
    unavailable: "暂时无法读取日志。此后发布的事件仍会出现在这里。",
    gap: "此处缺少部分事件。",
    purged: "更早的事件已被删除。",
    came: |count| format!("{count} 个新事件"),
    private: "私密",
    topics: "同时发布到",
    whole: |size| format!("展开全部 {size}"),
    cut: |size| format!("……到此截断：全文 {size}，完整内容见该主题的历史记录。"),
};
