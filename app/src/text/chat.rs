//! The words of the chat.

use crate::chat::{NoRoom, Unsent};

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
    /// So many are here.
    pub here: fn(&str) -> String,
    /// Between the number and the names.
    pub colon: &'static str,
    /// Between two names.
    pub comma: &'static str,
    /// So many of them have the same name.
    pub times: fn(&str, &str) -> String,
    /// So many of them gave no name.
    pub nameless: fn(&str) -> String,
    pub unverified: &'static str,
    pub messages: &'static str,
    /// Leads past the messages.
    pub skip: &'static str,
    pub nothing: &'static str,
    pub older: &'static str,
    pub newest: &'static str,
    /// So many messages have come while the visitor was elsewhere.
    pub new: fn(&str, bool) -> String,
    pub gap: &'static str,
    pub purged: &'static str,
    pub nobody: &'static str,
    /// Tells a screen reader who says what.
    pub says: fn(&str, &str) -> String,
    /// Stands beside the visitor's own name.
    pub you: &'static str,
    /// Stands beside a name that no browser has given.
    pub program: &'static str,
    pub your_name: &'static str,
    pub message: &'static str,
    pub keys: &'static str,
    pub send: &'static str,
    pub sending: &'static str,
    pub delivered: &'static str,
    pub again: &'static str,
    pub edit: &'static str,
    pub loading: &'static str,
    pub failed: &'static str,
    pub unsent: fn(Unsent) -> &'static str,
    pub no_room: fn(NoRoom) -> &'static str,
}

/// English.
pub static ENGLISH: Words = Words {
    heading: "Chat",
    about: "Talk with whoever is here. What is said reaches everybody at once.",
    room: "Room",
    enter: "Enter",
    rooms: "Rooms",
    no_rooms: "There is no room yet. Enter the name of one to open it.",
    not_a_room: "No room can have such a name. A name has up to 64 bytes, no slash, no *, no characters that cannot be seen, and is neither . nor ..",
    here: |count| format!("{count} here"),
    colon: ": ",
    comma: ", ",
    times: |name, count| format!("{name} ({count})"),
    nameless: |count| format!("{count} without a name"),
    unverified: "Everybody chooses their own name. The mark beside it is given by the server and tells browsers apart.",
    messages: "Messages",
    skip: "Skip to your message",
    nothing: "Nobody has said anything here yet.",
    older: "Older messages",
    newest: "To the newest messages",
    new: |count, one| format!("{count} new {}", if one { "message" } else { "messages" }),
    gap: "Messages are missing here.",
    purged: "Earlier messages were removed.",
    nobody: "without a name",
    says: |name, text| format!("{name}: {text}"),
    you: "you",
    program: "by token",
    your_name: "Your name",
    message: "Message",
    keys: "Enter sends, Shift and Enter begin a new line.",
    send: "Send",
    sending: "sending",
    delivered: "delivered",
    again: "Send again",
    edit: "Change",
    loading: "Opening the room",
    failed: "The server has not answered.",
    unsent: |why| match why {
        Unsent::NoName => "Say who you are: a message has a name.",
        Unsent::BadName => {
            "This name cannot be used: it has up to 40 characters, all of which can be seen as what they are."
        }
        Unsent::NoText => "There is nothing to send.",
        Unsent::LongText => "This is too long: a message has up to 4,096 bytes.",
        Unsent::BadText => "This holds a character that cannot be shown.",
        Unsent::OtherText => {
            "This form was sent before, with another text. Send it again for this one."
        }
        Unsent::TooFast => "That was very fast. Wait a few seconds, then send it again.",
        Unsent::Elsewhere => "This came from a page of another site, and was not sent.",
        Unsent::Closed => "This room is closed.",
        Unsent::Unavailable => "The server cannot keep it just now.",
        Unsent::Unreached => "The server was not reached.",
    },
    no_room: |why| match why {
        NoRoom::Off => {
            "This server has no chat. To turn it on, start it with --rooms any, or with the names of its rooms, as --rooms lobby,team. By default there is one only where the server listens on a loopback address."
        }
        NoRoom::NotARoom => "No room can have such a name.",
        NoRoom::NotOpen => "There is no such room here.",
        NoRoom::Unavailable => "The messages cannot be read just now.",
    },
};

/// 简体中文.
pub static CHINESE: Words = Words {
    heading: "聊天",
    about: "与在场的人交谈，说出的话即时送达每个人。",
    room: "房间",
    enter: "进入",
    rooms: "房间",
    no_rooms: "还没有房间。输入一个名称即可开设。",
    not_a_room: "房间不能用这个名称。名称最长 64 字节，不含斜杠、* 和不可见的字符，也不能是 . 或 ..",
    here: |count| format!("{count} 人在场"),
    colon: "：",
    comma: "、",
    times: |name, count| format!("{name}（{count} 人）"),
    nameless: |count| format!("{count} 人未署名"),
    unverified: "名字由各人自取；旁边的标记由服务器分配，用来区分不同的浏览器。",
    messages: "消息",
    skip: "跳到输入框",
    nothing: "这里还没有人说过话。",
    older: "更早的消息",
    newest: "回到最新消息",
    new: |count, _| format!("{count} 条新消息"),
    gap: "此处缺少部分消息。",
    purged: "较早的消息已被删除。",
    nobody: "未署名",
    says: |name, text| format!("{name}：{text}"),
    you: "你",
    program: "凭令牌发布",
    your_name: "你的名字",
    message: "消息",
    keys: "按 Enter 发送，按 Shift 和 Enter 换行。",
    send: "发送",
    sending: "正在发送",
    delivered: "已送达",
    again: "重新发送",
    edit: "修改",
    loading: "正在打开房间",
    failed: "服务器没有应答。",
    unsent: |why| match why {
        Unsent::NoName => "请先填写名字，消息需要署名。",
        Unsent::BadName => "不能用这个名字：最长 40 个字符，且每个字符都要清晰可见。",
        Unsent::NoText => "没有可发送的内容。",
        Unsent::LongText => "内容过长：一条消息最长 4,096 字节。",
        Unsent::BadText => "内容含有无法显示的字符。",
        Unsent::OtherText => "这张表单已经发送过别的内容。再次发送即可发出这一条。",
        Unsent::TooFast => "发送得太快了。请稍等几秒再重新发送。",
        Unsent::Elsewhere => "请求来自其他网站的页面，未发送。",
        Unsent::Closed => "这个房间已关闭。",
        Unsent::Unavailable => "服务器暂时无法保存。",
        Unsent::Unreached => "无法连接服务器。",
    },
    no_room: |why| match why {
        NoRoom::Off => {
            "这台服务器没有开启聊天。要开启，请在启动时加上 --rooms any，或列出房间名称，例如 --rooms lobby,team。默认只有监听回环地址的服务器才开启。"
        }
        NoRoom::NotARoom => "房间不能用这个名称。",
        NoRoom::NotOpen => "这里没有这个房间。",
        NoRoom::Unavailable => "暂时无法读取消息。",
    },
};
