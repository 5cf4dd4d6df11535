//! The Chinese words (简体中文).

use super::{
    chat, console, status,
    table::{Banner, Cards, Missing, Pages, Snippets, Text, Units},
};

/// 简体中文.
pub static CHINESE: Text = Text {
    language: "简体中文",
    name: "Belfry",
    description: "服务器时间，通过 Server-Sent Events 实时推送到每个浏览器，并如实标明误差。",
    server_time: "服务器时间",
    weekdays: ["星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"],
    months: ["1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月"],
    date: |weekday, day, month, year| format!("{year}年{month}{day}日{weekday}"),
    title: |what| format!("{what} · Belfry"),
    as_of_loading: "页面加载时的时间",
    unchecked: "尚未确认",
    without_script: "未启用 JavaScript，本页每隔几秒自动刷新。",
    exact_to: "误差 ",
    against_this_server: "，以本服务器时钟为准",
    yours_behind: |by| format!("慢 {by}"),
    yours_ahead: |by| format!("快 {by}"),
    agrees: "与本服务器一致",
    against: |_| ["比本服务器", ""],
    your_clock: "你的时钟",
    not_synchronised: "本服务器的时钟未同步",
    hours_24: "24 小时制",
    within: |error| format!("（{error}）"),
    opening: "正在连接",
    live: "实时",
    live_confirmed: |ago| format!("实时，{ago}前确认"),
    live_unconfirmed: "实时，正在核对时钟",
    waiting: "等待中，即将重试",
    waiting_for: |wait| format!("等待中，{wait}后重试"),
    silent: "无响应：未收到服务器的数据",
    silent_for: |time| format!("无响应：已 {time}未收到数据"),
    stopped: |clock, time| format!("停在 {clock}，已 {time}未确认"),
    stepped: |by| format!("显示时间已调整 {by}"),
    skip: "跳到正文",
    units: Units {
        milliseconds: "毫秒", seconds: "秒", minutes: "分", hours: "小时", days: "天"
    },
    pages: Pages {
        heading: "页面",
        time: "时间",
        status: "状态",
        chat: "聊天",
        console: "控制台",
        status_means: "实时查看这台服务器的运行状况：处理器、内存、磁盘、网络、读者和事件。",
        chat_means: "实时聊天室：消息即时送达，后来的人也能看到。",
        console_means: "实时查看某个主题的事件。",
        sign_out: "退出登录",
        signed_in_as: |name| format!("已登录：{name}"),
    },
    missing: Missing {
        heading: "找不到页面",
        explained: "这个地址没有页面。",
        asked: ("地址 ", " 没有对应的页面。"),
        instead: "你可以前往：",
    },
    banner: Banner {
        lost: "未连接", means: "页面内容可能已过时", back: "已重新连接"
    },
    cards: Cards {
        figures: "数据",
        your_clock: "你的时钟与服务器对比",
        your_clock_plot: "你的时钟与服务器的偏差：历次测量值及误差",
        agrees: "一致",
        measuring: "正在测量",
        round_trip: "往返时间",
        best_of_last: "最近几次探测的最小值",
        server_clock: "服务器时钟",
        synchronised: "已同步",
        not_synchronised: "未同步",
        not_known: "未知",
        synchronised_means: "内核报告：时钟与时间源保持同步。",
        not_synchronised_means: "内核报告：时钟未与任何时间源同步。",
        not_known_means: "内核未报告时钟是否同步。",
        watching: "当前在线",
        watching_means: |_| "条连接",
        tabs: |count, _| format!("你：{count} 个标签页，1 条连接"),
        pushes: "最近推送",
        no_push: "暂无",
    },
    snippets: Snippets {
        heading: "动手试试",
        copy: "复制",
        copied: "已复制",
        not_copied: "无法复制，请手动选取",
    },
    status: &status::CHINESE,
    chat: &chat::CHINESE,
    console: &console::CHINESE,
};

#[cfg(test)]
mod tests {
    use wire::{language::Language, status::Trouble};

    use super::*;
    use crate::text::document;

    /// What may be in Latin letters: names, keys, and the codes of the language.
    const NAMES: [&str; 10] = [
        "Belfry",
        "Server-Sent Events",
        "JavaScript",
        "zh-CN",
        "zh_CN",
        "UTC",
        "Enter",
        "Shift",
        "/manifest.",
        ".webmanifest",
    ];

    /// What may be the same in both languages.
    const SAME: [&str; 1] = ["Belfry"];

    /// Every string of a table, read from its Debug form, and what its functions return for digits.
    fn strings(language: Language) -> Vec<String> {
        let words = Text::of(language);
        let table = format!("{words:?}");
        let mut strings: Vec<_> = table.split('"').skip(1).step_by(2).map(str::to_owned).collect();
        strings.push((words.date)(words.weekdays[0], 22, words.months[10], 2026));
        strings.push((words.stopped)("1", "2"));
        for ahead in [true, false] {
            strings.extend((words.against)(ahead).map(str::to_owned));
        }
        for said in [
            words.yours_behind,
            words.yours_ahead,
            words.live_confirmed,
            words.waiting_for,
            words.silent_for,
            words.within,
            words.stepped,
            words.pages.signed_in_as,
        ] {
            strings.push(said("1"));
        }
        strings.push((words.cards.watching_means)(false).to_owned());
        strings.push((words.status.belfry.open_streams)(false).to_owned());
        strings.extend(Trouble::ALL.map(|what| (words.status.finding)(what).join("1")));
        let document = format!("{:?}", document::words(language));
        strings.extend(document.split('"').skip(1).step_by(2).map(str::to_owned));
        strings
    }

    #[test]
    fn every_string_is_translated() {
        let (english, chinese) = (strings(Language::English), strings(Language::Chinese));
        assert!(chinese.len() > 70, "{chinese:?}");
        assert_eq!(english.len(), chinese.len());
        for (english, chinese) in english.iter().zip(&chinese) {
            assert!(english != chinese || SAME.contains(&english.as_str()), "{english:?}");
        }
    }

    #[test]
    fn no_latin_letters_stand_in_it_but_names() {
        for string in strings(Language::Chinese) {
            let rest = NAMES.iter().fold(string.clone(), |rest, name| rest.replace(name, ""));
            assert!(!rest.contains(|letter: char| letter.is_ascii_alphabetic()), "{string:?}");
        }
    }
}
