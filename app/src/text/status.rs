//! The words of the status page and of its plots.

use crate::status::Trouble;

/// The words of one language.
#[derive(Debug)]
pub struct Words {
    /// The page's heading.
    pub heading: &'static str,
    /// Said while values arrive.
    pub live: &'static str,
    /// Said of values that are no longer new: as of which time.
    pub as_of: fn(&str) -> String,
    /// Said until there are values.
    pub loading: &'static str,
    /// The verdict where nothing is amiss.
    pub all_is_well: &'static str,
    /// What is amiss, and how much of it.
    pub finding: fn(Trouble, &str) -> String,
    /// In the place of what the server cannot see.
    pub not_visible: &'static str,
    /// The machine's part.
    pub host: Host,
    /// Belfry's part.
    pub belfry: Belfry,
    /// Words of the plots.
    pub plot: Plot,
    /// What stands there where there are no values.
    pub refusal: Refusal,
}

/// The machine's figures.
#[derive(Debug)]
#[expect(missing_docs, reason = "each field is named after what it heads or says")]
pub struct Host {
    pub heading: &'static str,
    pub cpu: &'static str,
    /// How many cores there are, and how busy the busiest is.
    pub cores: fn(usize, &str) -> String,
    pub memory: &'static str,
    /// Of how much.
    pub of: fn(&str) -> String,
    /// Free, of how much.
    pub free_of: fn(&str) -> String,
    pub load: &'static str,
    /// The loads of 5 and 15 minutes.
    pub loads: fn(&str, &str) -> String,
    pub network: &'static str,
    pub received: &'static str,
    pub sent: &'static str,
    pub disk: &'static str,
    pub temperature: &'static str,
    pub hottest: &'static str,
    pub uptime: &'static str,
    pub since_its_start: &'static str,
}

/// Belfry's own figures.
#[derive(Debug)]
#[expect(missing_docs, reason = "each field is named after what it heads or says")]
pub struct Belfry {
    pub heading: &'static str,
    pub readers: &'static str,
    /// What is counted; whether it is one.
    pub open_streams: fn(bool) -> &'static str,
    pub events: &'static str,
    pub published: &'static str,
    pub delivered: &'static str,
    pub latency: &'static str,
    pub worst: &'static str,
    pub log: &'static str,
    /// How many events the log holds.
    pub log_events: fn(&str) -> String,
    pub memory: &'static str,
    pub resident: &'static str,
    pub cut: &'static str,
    /// How many had stopped reading, and how many had vanished.
    pub cut_why: fn(u64, u64) -> String,
}

/// Words of the plots.
#[derive(Debug)]
#[expect(missing_docs, reason = "each field is named after what it says")]
pub struct Plot {
    /// The left end of the time axis.
    pub ago: &'static str,
    /// The same where the right end is not now.
    pub before: &'static str,
    pub now: &'static str,
    /// So long ago.
    pub ago_by: fn(&str) -> String,
    /// A curve's name, and its newest, lowest and highest value.
    pub label: fn(&str, &str, &str, &str) -> String,
    /// Between the labels of two curves.
    pub and: &'static str,
    pub by_the_minute: &'static str,
    pub time: &'static str,
}

/// What stands there where there are no values.
#[derive(Debug)]
#[expect(missing_docs, reason = "each field is named after what it says")]
pub struct Refusal {
    pub refused: &'static str,
    pub refused_means: &'static str,
    pub makes_token: &'static str,
    pub token: &'static str,
    pub log_in: &'static str,
    pub login_failed: &'static str,
    pub off: &'static str,
    pub off_means: &'static str,
    pub failed: &'static str,
    pub failed_means: &'static str,
    pub again: &'static str,
}

/// English.
pub static ENGLISH: Words = Words {
    heading: "Status",
    live: "Live, every 2 s",
    as_of: |clock| format!("As of {clock}"),
    loading: "Loading",
    all_is_well: "All is well",
    finding: |what, value| match what {
        Trouble::Log => "The log cannot be written, so nothing can be published".to_owned(),
        Trouble::Disk => format!("The disk with the log is {value} full"),
        Trouble::Memory => format!("The memory is {value} full"),
        Trouble::Processor => format!("The processor has been saturated for {value}"),
        Trouble::Heat => format!("The hottest sensor is at {value}"),
        Trouble::Damage => format!("Damage was found in the log: {value}"),
    },
    not_visible: "not visible",
    host: Host {
        heading: "This machine",
        cpu: "Processor",
        cores: |count, busiest| match count {
            1 => "one core".to_owned(),
            _ => format!("{count} cores, busiest {busiest}"),
        },
        memory: "Memory",
        of: |total| format!("of {total}"),
        free_of: |total| format!("free of {total}"),
        load: "Load",
        loads: |five, fifteen| format!("5 min: {five} · 15 min: {fifteen}"),
        network: "Network",
        received: "received",
        sent: "sent",
        disk: "Disk with the log",
        temperature: "Temperature",
        hottest: "at the hottest sensor",
        uptime: "Uptime",
        since_its_start: "since it was started",
    },
    belfry: Belfry {
        heading: "Belfry",
        readers: "Readers",
        open_streams: |one| if one { "open stream" } else { "open streams" },
        events: "Events",
        published: "published",
        delivered: "delivered",
        latency: "Delivery",
        worst: "the slowest of the last 2 s",
        log: "Log",
        log_events: |events| format!("in {events} events"),
        memory: "Memory",
        resident: "held by the process",
        cut: "Readers cut off",
        cut_why: |stalled, vanished| format!("{stalled} stalled · {vanished} vanished"),
    },
    plot: Plot {
        ago: "10 min ago",
        before: "10 min before",
        now: "now",
        ago_by: |time| format!("{time} ago"),
        label: |name, newest, lowest, highest| {
            format!("{name}: {newest}; in ten minutes lowest {lowest}, highest {highest}")
        },
        and: ". ",
        by_the_minute: "Every minute",
        time: "Time",
    },
    refusal: Refusal {
        refused: "Shown to those with a token",
        refused_means: "This server shows its health to those who have the right to read it.",
        makes_token: "On its machine, this makes a token:",
        token: "Token",
        log_in: "Show the status",
        login_failed: "That token was not accepted. It may have run out, or be of another server.",
        off: "Not shown here",
        off_means: "This server keeps its health to itself.",
        failed: "No answer",
        failed_means: "The server did not answer when it was asked for its health.",
        again: "Try again",
    },
};

/// 简体中文.
pub static CHINESE: Words = Words {
    heading: "运行状态",
    live: "实时，每 2 秒更新",
    as_of: |clock| format!("截至 {clock}"),
    loading: "正在载入",
    all_is_well: "一切正常",
    finding: |what, value| match what {
        Trouble::Log => "日志无法写入，暂时不能发布".to_owned(),
        Trouble::Disk => format!("日志所在磁盘已用 {value}"),
        Trouble::Memory => format!("内存已用 {value}"),
        Trouble::Processor => format!("处理器已连续 {value}满负荷"),
        Trouble::Heat => format!("最热的传感器达到 {value}"),
        Trouble::Damage => format!("日志中发现损坏：{value} 处"),
    },
    not_visible: "不可见",
    host: Host {
        heading: "本机",
        cpu: "处理器",
        cores: |count, busiest| match count {
            1 => "单核".to_owned(),
            _ => format!("{count} 个核心，最忙 {busiest}"),
        },
        memory: "内存",
        of: |total| format!("共 {total}"),
        free_of: |total| format!("可用，共 {total}"),
        load: "负载",
        loads: |five, fifteen| format!("5 分钟 {five} · 15 分钟 {fifteen}"),
        network: "网络",
        received: "接收",
        sent: "发送",
        disk: "日志所在磁盘",
        temperature: "温度",
        hottest: "最热的传感器",
        uptime: "已运行",
        since_its_start: "自启动以来",
    },
    belfry: Belfry {
        heading: "Belfry",
        readers: "读者",
        open_streams: |_| "打开的流",
        events: "事件",
        published: "发布",
        delivered: "送达",
        latency: "送达延迟",
        worst: "最近 2 秒内最慢的一次",
        log: "日志",
        log_events: |events| format!("共 {events} 个事件"),
        memory: "内存",
        resident: "进程占用",
        cut: "断开的读者",
        cut_why: |stalled, vanished| format!("停止读取 {stalled} · 失去联系 {vanished}"),
    },
    plot: Plot {
        ago: "10 分钟前",
        before: "此前 10 分钟",
        now: "现在",
        ago_by: |time| format!("{time}前"),
        label: |name, newest, lowest, highest| {
            format!("{name}：{newest}；十分钟内最低 {lowest}，最高 {highest}")
        },
        and: "。",
        by_the_minute: "每分钟的数值",
        time: "时间",
    },
    refusal: Refusal {
        refused: "需要令牌才能查看",
        refused_means: "这台服务器的运行状态只对有读取权限的人开放。",
        makes_token: "在服务器上运行下面的命令可以生成令牌：",
        token: "令牌",
        log_in: "查看运行状态",
        login_failed: "令牌无效：可能已过期，或属于另一台服务器。",
        off: "此处不显示",
        off_means: "这台服务器没有公开它的运行状态。",
        failed: "没有回应",
        failed_means: "服务器没有回应对运行状态的查询。",
        again: "重试",
    },
};
