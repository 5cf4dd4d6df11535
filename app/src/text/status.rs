//! The words of the status page and its plots, in both languages.

use wire::status::Trouble;

/// The words of one language.
#[derive(Debug)]
pub struct Words {
    /// The page's heading.
    pub heading: &'static str,
    /// While values arrive.
    pub live: &'static str,
    /// Once values are stale: the time of the newest.
    pub as_of: fn(&str) -> String,
    /// Until there are values.
    pub loading: &'static str,
    /// The verdict if nothing is wrong.
    pub all_is_well: &'static str,
    /// What is wrong: the words before and after the value.
    pub finding: fn(Trouble) -> [&'static str; 2],
    /// In place of what the server cannot measure.
    pub not_visible: &'static str,
    /// The machine's section.
    pub host: Host,
    /// Belfry's own section.
    pub belfry: Belfry,
    /// Words of the plots.
    pub plot: Plot,
    /// In place of the figures, if the visitor cannot see them.
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
    /// What the figure counts, and whether it is 1.
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
    /// How many stopped reading, and how many vanished.
    pub cut_why: fn(u64, u64) -> String,
}

/// Words of the plots.
#[derive(Debug)]
#[expect(missing_docs, reason = "each field is named after what it says")]
pub struct Plot {
    /// The left end of the time axis.
    pub ago: &'static str,
    /// The same if the right end is not now.
    pub before: &'static str,
    pub now: &'static str,
    /// How long ago.
    pub ago_by: fn(&str) -> String,
    /// A curve's name, and its newest, lowest and highest value.
    pub label: fn(&str, &str, &str, &str) -> String,
    /// Between the labels of two curves, and between two findings.
    pub and: &'static str,
    pub by_the_minute: &'static str,
    pub time: &'static str,
}

/// Why the visitor cannot see the figures.
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
    live: "Live, updated every 2 s",
    as_of: |clock| format!("As of {clock}"),
    loading: "Loading",
    all_is_well: "All is well",
    finding: |what| match what {
        Trouble::Log => ["The log can’t be written to, so nothing can be published", ""],
        Trouble::Disk => ["The log disk is ", " full"],
        Trouble::Memory => ["Memory is ", " full"],
        Trouble::Processor => ["The CPU has been saturated for ", ""],
        Trouble::Heat => ["The hottest sensor reads ", ""],
        Trouble::Damage => ["Damaged log records found: ", ""],
    },
    not_visible: "Not available",
    host: Host {
        heading: "Host",
        cpu: "CPU",
        cores: |count, busiest| match count {
            1 => "1 core".to_owned(),
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
        disk: "Log disk",
        temperature: "Temperature",
        hottest: "hottest sensor",
        uptime: "Uptime",
        since_its_start: "since it started",
    },
    belfry: Belfry {
        heading: "Belfry",
        readers: "Readers",
        open_streams: |one| if one { "open stream" } else { "open streams" },
        events: "Events",
        published: "published",
        delivered: "delivered",
        latency: "Delivery latency",
        worst: "slowest in the last 2 s",
        log: "Log",
        log_events: |events| match events {
            "1" => "in 1 event".to_owned(),
            events => format!("in {events} events"),
        },
        memory: "Memory",
        resident: "used by the process",
        cut: "Dropped readers",
        cut_why: |stalled, vanished| format!("{stalled} stalled · {vanished} vanished"),
    },
    plot: Plot {
        ago: "10 min ago",
        before: "10 min earlier",
        now: "now",
        ago_by: |time| format!("{time} ago"),
        label: |name, newest, lowest, highest| {
            format!("{name}: {newest}; 10-minute low {lowest}, high {highest}")
        },
        and: ". ",
        by_the_minute: "Minute by minute",
        time: "Time",
    },
    refusal: Refusal {
        refused: "Token required",
        refused_means: "To see this server’s status, you need a token with read access.",
        makes_token: "Create a token on the server:",
        token: "Token",
        log_in: "Show status",
        login_failed: "That token wasn’t accepted. It may have expired or belong to another server.",
        off: "Status not available",
        off_means: "This server doesn’t share its status.",
        failed: "No response",
        failed_means: "The server didn’t respond to the request for its status.",
        again: "Try again",
    },
};

/// 简体中文.
pub static CHINESE: Words = Words {
    heading: "运行状态",
    live: "实时，每 2 秒更新",
    as_of: |clock| format!("截至 {clock}"),
    loading: "正在加载",
    all_is_well: "一切正常",
    finding: |what| match what {
        Trouble::Log => ["无法写入日志，暂时不能发布事件", ""],
        Trouble::Disk => ["日志所在磁盘已用 ", ""],
        Trouble::Memory => ["内存已用 ", ""],
        Trouble::Processor => ["处理器已持续满载 ", ""],
        Trouble::Heat => ["传感器最高温度达到 ", ""],
        Trouble::Damage => ["日志中发现损坏的记录：", " 条"],
    },
    not_visible: "无法获取",
    host: Host {
        heading: "主机",
        cpu: "处理器",
        cores: |count, busiest| match count {
            1 => "单核".to_owned(),
            _ => format!("{count} 核，最忙 {busiest}"),
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
        hottest: "温度最高的传感器",
        uptime: "已运行",
        since_its_start: "自启动以来",
    },
    belfry: Belfry {
        heading: "Belfry",
        readers: "读者",
        open_streams: |_| "条连接",
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
        cut_why: |stalled, vanished| format!("停滞 {stalled} · 失联 {vanished}"),
    },
    plot: Plot {
        ago: "10 分钟前",
        before: "此前 10 分钟",
        now: "现在",
        ago_by: |time| format!("{time}前"),
        label: |name, newest, lowest, highest| {
            format!("{name}：{newest}；10 分钟内最低 {lowest}，最高 {highest}")
        },
        and: "。",
        by_the_minute: "每分钟数值",
        time: "时间",
    },
    refusal: Refusal {
        refused: "需要令牌",
        refused_means: "查看这台服务器的运行状态，需要具有读取权限的令牌。",
        makes_token: "在服务器上运行以下命令生成令牌：",
        token: "令牌",
        log_in: "查看运行状态",
        login_failed: "令牌无效：可能已过期，或属于其他服务器。",
        off: "无法查看",
        off_means: "这台服务器不公开运行状态。",
        failed: "没有响应",
        failed_means: "查询运行状态时，服务器没有响应。",
        again: "重试",
    },
};
