//! Writes families of metrics: the name, the sentence that explains it, and the values with their labels.

use std::fmt::Result;

use belfry_hub::counters::{BOUNDS, Distribution};
use prometheus_client::{
    encoding::{DescriptorEncoder, EncodeGaugeValue, MetricEncoder, NoLabelSet},
    metrics::MetricType,
    registry::Unit,
};

use crate::tally::{Counts, Protocol, Traffic};

/// A metric's name without its unit and suffix, the sentence that explains it, and its unit.
pub(super) type About<'a> = (&'a str, &'a str, Option<Unit>);

/// Writes families one after the other.
pub(super) struct Families<'a>(pub(super) DescriptorEncoder<'a>);

impl Families<'_> {
    fn family(
        &mut self,
        (name, help, unit): &About<'_>,
        kind: MetricType,
        values: impl FnOnce(MetricEncoder<'_>) -> Result,
    ) -> Result {
        values(self.0.encode_descriptor(name, help, unit.as_ref(), kind)?)
    }

    /// Something that goes up and down.
    pub(super) fn gauge(&mut self, about: About<'_>, value: impl EncodeGaugeValue) -> Result {
        self.family(&about, MetricType::Gauge, |mut to| to.encode_gauge(&value))
    }

    /// Something that only goes up.
    pub(super) fn counter(&mut self, about: About<'_>, sum: u64) -> Result {
        self.family(&about, MetricType::Counter, |mut to| {
            to.encode_counter::<NoLabelSet, _, u64>(&sum, None)
        })
    }

    /// The same, in seconds, of a sum of milliseconds.
    pub(super) fn seconds(&mut self, (name, help): (&str, &str), sum_ms: u64) -> Result {
        let seconds = sum_ms as f64 / 1e3;
        self.family(&(name, help, Some(Unit::Seconds)), MetricType::Counter, |mut to| {
            to.encode_counter::<NoLabelSet, _, u64>(&seconds, None)
        })
    }

    /// One that goes up and down for each value of a label.
    pub(super) fn gauges<'v>(
        &mut self,
        about: About<'_>,
        label: &str,
        values: impl IntoIterator<Item = (&'v str, u64)>,
    ) -> Result {
        self.family(&about, MetricType::Gauge, |mut to| {
            let mut values = values.into_iter();
            values.try_for_each(|(name, value)| {
                to.encode_family(&[(label, name)])?.encode_gauge(&value)
            })
        })
    }

    /// One that only goes up for each value of a label.
    pub(super) fn counters<'v>(
        &mut self,
        about: About<'_>,
        label: &str,
        values: impl IntoIterator<Item = (&'v str, u64)>,
    ) -> Result {
        self.family(&about, MetricType::Counter, |mut to| {
            let mut values = values.into_iter();
            values.try_for_each(|(name, sum)| {
                to.encode_family(&[(label, name)])?.encode_counter::<NoLabelSet, _, u64>(&sum, None)
            })
        })
    }

    /// How many of a kind are open, and were opened, by listener and protocol. The names and sentences are those
    /// of both families.
    pub(super) fn traffic(
        &mut self,
        [(open, is_open), (opened, were_opened)]: [(&str, &str); 2],
        all: &[Traffic],
        (protocols, counts): (&[Protocol], fn(&Traffic) -> &Counts),
    ) -> Result {
        let samples =
            || all.iter().flat_map(|one| protocols.iter().map(move |protocol| (one, *protocol)));
        self.family(&(open, is_open, None), MetricType::Gauge, |mut to| {
            samples().try_for_each(|(one, protocol)| {
                to.encode_family(&labels(one, protocol))?.encode_gauge(&counts(one).open(protocol))
            })
        })?;
        self.family(&(opened, were_opened, None), MetricType::Counter, |mut to| {
            samples().try_for_each(|(one, protocol)| {
                let sum = counts(one).opened(protocol);
                let labels = labels(one, protocol);
                to.encode_family(&labels)?.encode_counter::<NoLabelSet, _, u64>(&sum, None)
            })
        })
    }

    /// Durations by their length, in seconds.
    pub(super) fn histogram(&mut self, (name, help): (&str, &str), all: &Distribution) -> Result {
        let bounds = BOUNDS.iter().map(|micros| *micros as f64 / 1e6).chain([f64::INFINITY]);
        let buckets: Vec<_> = bounds.zip(all.counts).collect();
        self.family(&(name, help, Some(Unit::Seconds)), MetricType::Histogram, |mut to| {
            to.encode_histogram::<NoLabelSet>(all.sum as f64 / 1e6, all.count(), &buckets, None)
        })
    }

    /// What stays the same as long as the process runs.
    pub(super) fn facts(&mut self, about: About<'_>, facts: &[(&str, &str)]) -> Result {
        self.family(&about, MetricType::Info, |mut to| to.encode_info(&facts))
    }
}

fn labels(traffic: &Traffic, protocol: Protocol) -> [(&'static str, &str); 3] {
    let tls = if traffic.has_tls() { "yes" } else { "no" };
    [("listener", traffic.listener()), ("protocol", protocol.name()), ("tls", tls)]
}
