//! Metrics for a monitoring system, written as text whenever somebody asks: nothing is sampled for them.
//!
//! ```text
//! the hub's counters, the tally, this process → collector → text → /metrics
//! ```

mod collector;
mod exposure;
mod families;
mod process;

use std::{fmt, sync::Arc};

use prometheus_client::{encoding, registry::Registry};

use collector::Collector;

pub use collector::Sources;
pub use exposure::Exposure;

/// The metrics of a server. A cheap handle.
#[derive(Clone, Debug)]
pub struct Metrics {
    shown: Exposure,
    registry: Arc<Registry>,
}

/// The text format that a scraper asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// [OpenMetrics](https://prometheus.io/docs/specs/om/open_metrics_spec/) 1.0.0.
    OpenMetrics,
    /// Prometheus' own [text format](https://prometheus.io/docs/instrumenting/exposition_formats/), 0.0.4.
    Plain,
}

impl Metrics {
    /// Those of a server.
    #[must_use]
    pub fn new(sources: Sources, shown: Exposure) -> Self {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Collector::new(sources)));
        Self { shown, registry: Arc::new(registry) }
    }

    /// Who may see them.
    #[must_use]
    pub fn shown(&self) -> Exposure {
        self.shown
    }

    /// Reads all of them. This may take milliseconds: the kernel is asked about the process.
    ///
    /// # Errors
    /// Never, as long as there is memory.
    pub fn write(&self, format: Format) -> Result<String, fmt::Error> {
        let mut text = String::new();
        match format {
            Format::OpenMetrics => encoding::text::encode(&mut text, &self.registry)?,
            Format::Plain => encoding::prometheus_text::encode(&mut text, &self.registry)?,
        }
        Ok(text)
    }
}
