//! The words of the chat, in both languages.

use wire::chat::{answer::Unsent, page_data::NoRoom};

/// The words of one language.
#[derive(Debug)]
#[expect(missing_docs, reason = "each field is named after what it heads or says")]
pub struct Words {
    pub heading: &'static str,
    pub about: &'static str,
    pub room: &'static str,
    pub enter: &'static str,
    pub rooms: &'static str,
    pub no_rooms: &'static str,
    pub not_a_room: &'static str,
    /// How many people are in the room.
    pub here: fn(&str) -> String,
    /// Between the number and the names.
    pub colon: &'static str,
    /// Between two names.
    pub comma: &'static str,
    /// A name, and how many have it.
    pub times: fn(&str, &str) -> String,
    /// How many have no name.
    pub nameless: fn(&str) -> String,
    pub unverified: &'static str,
    pub messages: &'static str,
    /// The link that takes keyboard users past the messages.
    pub skip: &'static str,
    pub nothing: &'static str,
    pub older: &'static str,
    pub newest: &'static str,
    /// How many messages have arrived while the visitor was elsewhere, and whether that is 1.
    pub new: fn(&str, bool) -> String,
    /// Above the messages that arrived while the visitor was elsewhere.
    pub unread: &'static str,
    /// In place of missing messages.
    pub gap: &'static str,
    /// In place of messages that were removed.
    pub purged: &'static str,
    /// In place of a name.
    pub nobody: &'static str,
    /// A name and the message, on one line.
    pub says: fn(&str, &str) -> String,
    /// Beside the visitor's own name.
    pub you: &'static str,
    /// Beside the name on a message that was published with a token, not sent from a browser.
    pub program: &'static str,
    pub your_name: &'static str,
    pub message: &'static str,
    /// What the Enter key does.
    pub keys: &'static str,
    /// How many more characters fit, as text and as a number; if negative, how many are too many.
    pub left: fn(&str, i64) -> String,
    pub send: &'static str,
    pub sending: &'static str,
    /// The state of a message that waits for those before it, or for the server.
    pub waiting: &'static str,
    /// The state of a message that waits for the visitor to send it again.
    pub offered: &'static str,
    pub delivered: &'static str,
    pub again: &'static str,
    pub edit: &'static str,
    pub loading: &'static str,
    /// In place of a page that the server did not provide.
    pub failed: &'static str,
    /// Why a message was not sent.
    pub unsent: fn(Unsent) -> &'static str,
    /// Why there is no such room, or no chat.
    pub no_room: fn(NoRoom) -> &'static str,
}

/// English.
pub static ENGLISH: Words = Words {
    heading: "Chat",
    about: "Join a room to chat live with everyone in it.",
    room: "Room",
    enter: "Join",
    rooms: "Rooms",
    no_rooms: "No rooms yet. Enter a name to create one.",
    not_a_room: "That name can’t be used for a room. Names can be up to 64 bytes long, with no slashes, asterisks or invisible characters, and can’t be “.” or “..”.",
    here: |count| format!("{count} here"),
    colon: ": ",
    comma: ", ",
    times: |name, count| format!("{name} ({count})"),
    nameless: |count| format!("{count} anonymous"),
    unverified: "Anyone can use any name. The server adds the mark beside it to tell browsers apart.",
    messages: "Messages",
    skip: "Skip to message field",
    nothing: "No messages yet.",
    older: "Older messages",
    newest: "Jump to latest",
    new: |count, one| format!("{count} new {}", if one { "message" } else { "messages" }),
    unread: "New messages",
    gap: "Some messages are missing here.",
    purged: "Earlier messages were removed.",
    nobody: "Anonymous",
    says: |name, text| format!("{name}: {text}"),
    you: "you",
    program: "via token",
    your_name: "Your name",
    message: "Message",
    keys: "Press Enter to send, Shift+Enter for a new line.",
    left: |count, left| match left {
        ..-1 => format!("{count} characters too many."),
        -1 => format!("{count} character too many."),
        1 => format!("About {count} character left."),
        _ => format!("About {count} characters left."),
    },
    send: "Send",
    sending: "Sending",
    waiting: "Waiting to send",
    offered: "Not sent yet",
    delivered: "Delivered",
    again: "Send again",
    edit: "Edit",
    loading: "Loading",
    failed: "The server didn’t respond.",
    unsent: |why| match why {
        Unsent::NoName => "Enter your name first.",
        Unsent::BadName => {
            "That name can’t be used. Names can be up to 40 characters long, none of them invisible or misleading."
        }
        Unsent::NoText => "Enter a message first.",
        Unsent::LongText => "This message is too long. The limit is 4,096 bytes.",
        Unsent::BadText => "This message contains a character that can’t be shown.",
        Unsent::OtherText => {
            "This form was already used to send a different message. Send again to send this one."
        }
        Unsent::TooFast => "You’re sending too fast. Wait a few seconds, then send again.",
        Unsent::Elsewhere => "Not sent: the request came from another site.",
        Unsent::Closed => "This room is closed.",
        Unsent::Unavailable => "The server can’t save this message right now.",
        Unsent::Refused => "The server rejected this message.",
        Unsent::Unreached => "Couldn’t reach the server.",
    },
    no_room: |why| match why {
        NoRoom::Off => {
            "Chat is off on this server. To turn it on, start the server with --rooms any, or name the rooms: --rooms lobby,team. Chat is on by default only if the server listens on a loopback address."
        }
        NoRoom::NotARoom => "That name can’t be used for a room.",
        NoRoom::NotOpen => "This server has no room with that name.",
        NoRoom::Unavailable => "Messages can’t be loaded right now.",
    },
};

/// 简体中文.
pub static CHINESE: Words = Words {
    heading: "聊天",
    about: "进入房间，和大家实时聊天。",
    room: "房间",
    enter: "进入",
    rooms: "房间",
    no_rooms: "还没有房间。输入名称即可创建。",
    not_a_room: "这个名称不能用作房间名。房间名最长 64 字节，不能含有斜杠、星号或不可见字符，也不能是“.”或“..”。",
    here: |count| format!("{count} 人在线"),
    colon: "：",
    comma: "、",
    times: |name, count| format!("{name}（{count} 人）"),
    nameless: |count| format!("{count} 位匿名用户"),
    unverified: "名字可以随意取；旁边的标记由服务器添加，用来区分不同的浏览器。",
    messages: "消息",
    skip: "跳到输入框",
    nothing: "还没有消息。",
    older: "更早的消息",
    newest: "回到最新消息",
    new: |count, _| format!("{count} 条新消息"),
    unread: "新消息",
    gap: "此处缺少部分消息。",
    purged: "更早的消息已删除。",
    nobody: "匿名",
    says: |name, text| format!("{name}：{text}"),
    you: "你",
    program: "凭令牌发布",
    your_name: "你的名字",
    message: "消息",
    keys: "按 Enter 发送，按 Shift+Enter 换行。",
    left: |count, left| {
        if left < 0 {
            format!("超出 {count} 个字符。")
        } else {
            format!("还可输入约 {count} 个字符。")
        }
    },
    send: "发送",
    sending: "正在发送",
    waiting: "等待发送",
    offered: "尚未发送",
    delivered: "已送达",
    again: "重新发送",
    edit: "编辑",
    loading: "正在加载",
    failed: "服务器没有响应。",
    unsent: |why| match why {
        Unsent::NoName => "请先输入名字。",
        Unsent::BadName => "不能使用这个名字。名字最长 40 个字符，不能含有不可见或易误导的字符。",
        Unsent::NoText => "请先输入消息。",
        Unsent::LongText => "消息过长，最多 4,096 字节。",
        Unsent::BadText => "消息含有无法显示的字符。",
        Unsent::OtherText => "这个表单已经发送过另一条消息。再次发送即可发出这一条。",
        Unsent::TooFast => "发送得太快了，请稍等几秒再发送。",
        Unsent::Elsewhere => "未发送：请求来自其他网站。",
        Unsent::Closed => "这个房间已关闭。",
        Unsent::Unavailable => "服务器暂时无法保存这条消息。",
        Unsent::Refused => "服务器拒绝了这条消息。",
        Unsent::Unreached => "无法连接到服务器。",
    },
    no_room: |why| match why {
        NoRoom::Off => {
            "这台服务器没有开启聊天。要开启，请在启动时加上 --rooms any，或列出房间名称，例如 --rooms lobby,team。只有监听回环地址时，聊天才会默认开启。"
        }
        NoRoom::NotARoom => "这个名称不能用作房间名。",
        NoRoom::NotOpen => "这台服务器上没有这个房间。",
        NoRoom::Unavailable => "暂时无法加载消息。",
    },
};
