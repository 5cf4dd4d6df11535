//! The words of the console, in both languages.

/// The words of one language.
#[derive(Debug)]
#[expect(missing_docs, reason = "each field is named after what it heads or says")]
pub struct Words {
    pub heading: &'static str,
    pub about: &'static str,
    pub topic: &'static str,
    pub show: &'static str,
    /// The list's heading and label.
    pub events_of: fn(&str) -> String,
    pub newest_first: &'static str,
    pub no_topic: &'static str,
    /// In place of an empty list.
    pub nothing: fn(&str) -> String,
    pub publish: &'static str,
    pub not_a_topic: &'static str,
    pub unavailable: &'static str,
    /// In place of missing events.
    pub gap: &'static str,
    /// In place of events that were removed.
    pub purged: &'static str,
    /// How many events have arrived: two or more.
    pub came: fn(&str) -> String,
    pub private: &'static str,
    /// Before the event's other topics.
    pub topics: &'static str,
    /// Under folded data: its size.
    pub whole: fn(&str) -> String,
    /// Under data too long for the page: its size.
    pub cut: fn(&str) -> String,
}

/// English.
pub static ENGLISH: Words = Words {
    heading: "Console",
    about: "Watch a topic’s events as they arrive.",
    topic: "Topic",
    show: "Show",
    events_of: |topic| format!("Events on “{topic}”"),
    newest_first: "newest first",
    no_topic: "Enter a topic to see its latest events and each new one as it arrives.",
    nothing: |topic| format!("No events on “{topic}” yet. New ones appear here as they arrive."),
    publish: "Publish an event from a shell on the server:",
    not_a_topic: "That name can’t be used for a topic. Names can be up to 255 bytes long, with no invisible characters. Parts between slashes can’t be empty, “.” or “..”, and * can only stand alone as the last part.",
    unavailable: "The log can’t be read right now. New events still appear here.",
    gap: "Some events are missing here.",
    purged: "Earlier events were removed.",
    came: |count| format!("{count} new events"),
    private: "private",
    topics: "also on",
    whole: |size| format!("{size} in total"),
    cut: |size| format!("… Cut off here. The full {size} is in the topic’s history."),
};

/// 简体中文.
pub static CHINESE: Words = Words {
    heading: "控制台",
    about: "实时查看某个主题的事件。",
    topic: "主题",
    show: "查看",
    events_of: |topic| format!("“{topic}”的事件"),
    newest_first: "最新的在前",
    no_topic: "输入主题，即可查看它最新的事件，新事件也会实时显示。",
    nothing: |topic| format!("“{topic}”还没有事件，新事件会实时显示在这里。"),
    publish: "在服务器的终端里发布一个事件：",
    not_a_topic: "这个名称不能用作主题名。主题名最长 255 字节，不能含有不可见字符；斜杠之间的每一级都不能为空，也不能是“.”或“..”；* 只能单独作为最后一级。",
    unavailable: "暂时无法读取日志，新事件仍会显示在这里。",
    gap: "此处缺少部分事件。",
    purged: "更早的事件已删除。",
    came: |count| format!("{count} 个新事件"),
    private: "私有",
    topics: "同时发布到",
    whole: |size| format!("共 {size}"),
    cut: |size| format!("……此处已截断，完整内容（{size}）见该主题的历史记录。"),
};
