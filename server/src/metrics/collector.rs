//! Reads all counters when somebody asks for the metrics, and writes them family by family.
//! docs/operations.md lists them too.

use std::fmt::Result;

use belfry_hub::{
    Hub,
    budget::Budgets,
    counters::{Counted, Ending, GAPS, Outcome},
};
use prometheus_client::{collector, encoding::DescriptorEncoder, registry::Unit};

use super::{families::Families, process::Process};
use crate::tally::{Protocol, Tally, Traffic};

/// What metrics are read from.
#[derive(Clone, Debug)]
pub struct Sources {
    /// Its log, its readers and its counters.
    pub hub: Hub,
    /// What waits to be sent, and comes in.
    pub budgets: Budgets,
    /// What the server counts around the hub.
    pub tally: Tally,
}

/// Reads all counters when somebody asks.
#[derive(Debug)]
pub(super) struct Collector(Sources);

impl Collector {
    pub(super) fn new(sources: Sources) -> Self {
        Self(sources)
    }
}

impl collector::Collector for Collector {
    fn encode(&self, encoder: DescriptorEncoder) -> Result {
        let (counted, mut to) = (self.0.hub.counters().read(), Families(encoder));
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        to.facts(("belfry_build", "The program's version.", None), &version)?;
        self.readers(&mut to, &counted)?;
        self.events(&mut to, &counted)?;
        self.log(&mut to)?;
        self.memory(&mut to)?;
        self.connections(&mut to, &counted)?;
        self.handshakes(&mut to)?;
        self.answers(&mut to, &counted)?;
        Process::look().map_or(Ok(()), |process| process_figures(&mut to, &process))
    }
}

impl Collector {
    fn readers(&self, to: &mut Families<'_>, counted: &Counted) -> Result {
        let (reading, lag) = (self.0.hub.reading(), self.0.hub.lag());
        to.gauge(("belfry_readers", "Streams that are open.", None), reading)?;
        to.counters(
            ("belfry_streams_ended", "Streams that have ended, by reason.", None),
            "reason",
            Ending::ALL.map(Ending::name).into_iter().zip(counted.ended),
        )?;
        to.gauge(
            (
                "belfry_readers_behind",
                "Readers of the log that have not been sent the newest events yet.",
                None,
            ),
            lag.readers,
        )?;
        to.gauge(
            (
                "belfry_lag_events",
                "How many events the reader that is furthest behind has not been sent yet.",
                None,
            ),
            lag.events,
        )
    }

    fn events(&self, to: &mut Families<'_>, counted: &Counted) -> Result {
        to.counters(
            ("belfry_publishes", "Attempts to publish an event, by result.", None),
            "result",
            Outcome::ALL.map(Outcome::name).into_iter().zip(counted.published),
        )?;
        to.counter(
            (
                "belfry_events_delivered",
                "Events handed to readers; one that ten readers get counts ten times.",
                None,
            ),
            counted.delivered,
        )?;
        to.histogram(
            (
                "belfry_delivery_latency",
                "Time from the publishing of an event until it is handed to a reader's connection.",
            ),
            &counted.latency,
        )?;
        let reasons = GAPS.map(|reason| reason.to_string());
        to.counters(
            ("belfry_gaps", "Gaps that readers were told of, by reason.", None),
            "reason",
            reasons.iter().map(String::as_str).zip(counted.gaps),
        )
    }

    fn log(&self, to: &mut Families<'_>) -> Result {
        let log = self.0.hub.log();
        let (held, tail) = (log.held(), log.tail().size());
        let ready = u32::from(log.ready().is_ok());
        to.gauge(
            ("belfry_log_ready", "1 if a publish could be stored now, otherwise 0.", None),
            ready,
        )?;
        let last = log.tail().last();
        to.gauge(("belfry_log_last_sequence", "The sequence of the newest event.", None), last)?;
        to.gauge(("belfry_log_events", "Events in the log.", None), held.events)?;
        let bytes = Some(Unit::Bytes);
        to.gauge(("belfry_log", "Data and names of the log's events.", bytes.clone()), held.bytes)?;
        to.gauge(("belfry_log_keys", "Idempotency keys in the log.", None), held.keys)?;
        to.counter(
            ("belfry_log_damaged", "Damaged records found in the log.", None),
            held.damaged,
        )?;
        if let Some(times) = log.commit_times() {
            let about = "How long commits to the log took, including the sync to disk.";
            to.histogram(("belfry_log_commit_duration", about), &times)?;
        }
        to.gauge(("belfry_tail_events", "Newest events kept in memory.", None), tail.events)?;
        to.gauge(("belfry_tail", "Memory that the newest events take.", bytes), tail.bytes)
    }

    fn memory(&self, to: &mut Families<'_>) -> Result {
        let budgets = [("send", &self.0.budgets.send), ("receive", &self.0.budgets.receive)];
        let [used, limit] = [Unit::Bytes, Unit::Bytes].map(Some);
        to.gauges(
            (
                "belfry_budget_used",
                "Memory reserved for data waiting to be sent, and for request bodies.",
                used,
            ),
            "budget",
            budgets.map(|(name, budget)| (name, budget.used() as u64)),
        )?;
        to.gauges(
            (
                "belfry_budget_limit",
                "Limit on the memory reserved for data waiting to be sent, and for request bodies.",
                limit,
            ),
            "budget",
            budgets.map(|(name, budget)| (name, budget.limit() as u64)),
        )
    }

    fn connections(&self, to: &mut Families<'_>, counted: &Counted) -> Result {
        let all = self.0.tally.all_traffic();
        let by = "by listener, by protocol and by whether TLS is used.";
        let connections = [
            ("belfry_connections", format!("Connections that are open, {by}")),
            ("belfry_connections_opened", format!("Connections that were opened, {by}")),
        ];
        let about = connections.each_ref().map(|(name, help)| (*name, &**help));
        to.traffic(about, &all, (&Protocol::ALL, Traffic::connections))?;
        let streams = [
            ("belfry_streams", format!("Streams that are open, {by}")),
            ("belfry_streams_opened", format!("Streams that were opened, {by}")),
        ];
        let about = streams.each_ref().map(|(name, help)| (*name, &**help));
        to.traffic(about, &all, (&Protocol::SPOKEN, Traffic::streams))?;
        let dropped =
            [("stalled", counted.stalled), ("vanished", counted.vanished), ("cut", counted.cut)];
        to.counters(
            ("belfry_connections_dropped", "Connections cut off, by reason.", None),
            "reason",
            dropped,
        )
    }

    fn handshakes(&self, to: &mut Families<'_>) -> Result {
        let handshakes = self.0.tally.handshakes();
        let about = "How long successful TLS handshakes took.";
        to.histogram(("belfry_tls_handshake_duration", about), &handshakes.durations())?;
        to.counters(
            ("belfry_tls_handshake_failures", "TLS handshakes that failed, by reason.", None),
            "reason",
            handshakes.failures().map(|(why, sum)| (why.name(), sum)),
        )
    }

    fn answers(&self, to: &mut Families<'_>, counted: &Counted) -> Result {
        let refused = self.0.tally.refusals().map(|(rule, sum)| (rule.name(), sum));
        to.counters(
            ("belfry_refusals", "Requests and connections refused, by rule.", None),
            "rule",
            refused.chain([("memory", counted.refused), ("topics", counted.too_many_topics)]),
        )?;
        let answers: Vec<_> =
            self.0.tally.answers().map(|(status, sum)| (status.to_string(), sum)).collect();
        to.counters(
            ("belfry_http_responses", "Requests answered, by status code.", None),
            "code",
            answers.iter().map(|(status, sum)| (status.as_str(), *sum)),
        )
    }
}

fn process_figures(to: &mut Families<'_>, process: &Process) -> Result {
    let (bytes, seconds) = (Some(Unit::Bytes), Some(Unit::Seconds));
    to.seconds(("process_cpu", "Processor time used by this process."), process.cpu_ms)?;
    to.gauge(
        ("process_resident_memory", "Resident memory of this process.", bytes.clone()),
        process.resident,
    )?;
    to.gauge(
        ("process_virtual_memory", "Address space of this process.", bytes),
        process.address_space,
    )?;
    to.gauge(
        (
            "process_start_time",
            "Start time of this process, in seconds since the Unix epoch.",
            seconds,
        ),
        process.started_s,
    )?;
    if let Some(open) = process.descriptors {
        to.gauge(("process_open_fds", "Open file descriptors.", None), open)?;
    }
    let most = process.most_descriptors;
    most.map_or(Ok(()), |most| {
        to.gauge(("process_max_fds", "How many file descriptors may be open.", None), most)
    })
}
