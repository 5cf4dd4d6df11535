//! 简体中文.

use super::{Banner, Cards, Missing, Pages, Snippets, Text, Units, chat, console, status};

/// 简体中文.
pub static CHINESE: Text = Text {
    tag: "zh-CN",
    language: "简体中文",
    name: "Belfry",
    description: "服务器的时间，通过 Server-Sent Events 推送给每一个浏览器，并如实写明误差。",
    server_time: "服务器时间",
    weekdays: ["星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"],
    months: ["1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月"],
    date: |weekday, day, month, year| format!("{year}年{month}{day}日{weekday}"),
    title: |what| format!("{what} · Belfry"),
    as_of_loading: "页面载入时的时间",
    unchecked: "尚未核对",
    without_script: "没有 JavaScript 时，本页每隔几秒自动重新载入。",
    exact_to: "误差",
    against_this_server: "（以本服务器时钟为准）",
    yours_behind: |by| format!("慢 {by}"),
    yours_ahead: |by| format!("快 {by}"),
    yours_agrees: "一致",
    yours: |how, agrees, _| if agrees { format!("与本服务器{how}") } else { format!("比本服务器{how}") },
    your_clock: "你的时钟",
    not_synchronised: "本服务器的时钟未同步",
    hours_24: "24 小时制",
    within: |error| format!("，{error}"),
    opening: "正在连接",
    live: "实时",
    live_confirmed: |ago| format!("实时，{ago}前确认"),
    live_unconfirmed: "实时，正在核对时钟",
    waiting: "等待中，即将重试",
    waiting_for: |wait| format!("等待中，{wait}后重试"),
    silent: "静默：没有收到服务器的消息",
    silent_for: |time| format!("静默：已有 {time}没有收到消息"),
    stopped: |clock, time| format!("停在 {clock}：已有 {time}未得到确认"),
    stepped: |by| format!("时钟已重新校准 {by}"),
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
        status_means: "这台服务器的运行状况，一有变化就推送：处理器、内存、磁盘、网络、读者和事件。",
        chat_means: "可以交谈的房间：说出的话即时送达在场的每个人，后来的人也能看到。",
        console_means: "实时查看发布到某个主题的事件。",
    },
    missing: Missing {
        heading: "这里什么都没有",
        explained: "这个地址没有页面。",
        asked: ("没有地址为 ", " 的页面。"),
        instead: "可以看看这些页面：",
    },
    banner: Banner {
        lost: "未连接", means: "看到的内容可能已经过时", back: "已重新连接"
    },
    cards: Cards {
        figures: "数据",
        your_clock: "你的时钟与服务器相比",
        your_clock_plot: "每次测得的你的时钟偏差及其误差",
        measuring: "正在测量",
        round_trip: "往返时间",
        best_of_last: "最近几次探测的最佳值",
        server_clock: "服务器自己的时钟",
        synchronised: "已同步",
        not_synchronised: "未同步",
        not_known: "未知",
        synchronised_means: "它的内核正让它与时间源保持一致。",
        not_synchronised_means: "它的内核表示没有校准来源。",
        not_known_means: "它的内核没有说明。",
        watching: "正在观看",
        watching_means: |_| "条打开的流",
        tabs: |count, _| format!("你：{count} 个标签页，1 条连接"),
        pushes: "最近的推送",
        no_push: "还没有",
    },
    snippets: Snippets {
        heading: "自己来读",
        copy: "复制",
        copied: "已复制",
        not_copied: "浏览器不允许，请手动选中复制",
    },
    status: &status::CHINESE,
    chat: &chat::CHINESE,
    console: &console::CHINESE,
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{ENGLISH, document};

    /// What may stand in Latin letters: names, and the codes of the language.
    const NAMES: [&str; 10] =
        ["Belfry", "Server-Sent Events", "JavaScript", "zh-CN", "zh_CN", "UTC", "Enter", "Shift", "manifest.", ".webmanifest"];

    /// What may be the same in both languages: the product's name.
    const SAME: [&str; 1] = ["Belfry"];

    /// The texts in the Debug form of a table, where each stands in quotes; and what the functions
    /// say when they are called with digits.
    fn strings(words: &Text) -> Vec<String> {
        let table = format!("{words:?}");
        let mut strings: Vec<_> = table.split('"').skip(1).step_by(2).map(str::to_owned).collect();
        strings.push((words.date)(words.weekdays[0], 22, words.months[10], 2026));
        strings.push((words.stopped)("1", "2"));
        for (agrees, ahead) in [(true, false), (false, true), (false, false)] {
            strings.push((words.yours)("1", agrees, ahead));
        }
        for said in [
            words.yours_behind,
            words.yours_ahead,
            words.live_confirmed,
            words.waiting_for,
            words.silent_for,
            words.within,
            words.stepped,
        ] {
            strings.push(said("1"));
        }
        strings.push((words.cards.watching_means)(false).to_owned());
        strings.push((words.status.belfry.open_streams)(false).to_owned());
        let document = document::words(words.tag.parse().unwrap());
        let document = format!("{document:?}");
        strings.extend(document.split('"').skip(1).step_by(2).map(str::to_owned));
        strings
    }

    #[test]
    fn every_string_is_translated() {
        let (english, chinese) = (strings(&ENGLISH), strings(&CHINESE));
        assert!(chinese.len() > 70, "{chinese:?}");
        assert_eq!(english.len(), chinese.len());
        for (english, chinese) in english.iter().zip(&chinese) {
            assert!(english != chinese || SAME.contains(&english.as_str()), "{english:?}");
        }
    }

    #[test]
    fn no_latin_letters_stand_in_it_but_names() {
        for string in strings(&CHINESE) {
            let rest = NAMES.iter().fold(string.clone(), |rest, name| rest.replace(name, ""));
            assert!(!rest.contains(|letter: char| letter.is_ascii_alphabetic()), "{string:?}");
        }
    }
}
