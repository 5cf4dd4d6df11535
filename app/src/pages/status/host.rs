//! The machine's section of the status page.

use leptos::prelude::*;
use wire::{
    status::{Filled, MEMORY_FULL, SATURATED, Status, float},
    trend::Trend,
};

use super::panel::{More, Shown, panel};
use crate::{
    components::{Curve, Plotted},
    lengths::length,
    quantity::{Amount, Unit},
    text::text,
};

/// The machine that the server runs on.
#[component]
pub fn HostSection(trend: RwSignal<Trend>, stale: Signal<bool>) -> impl IntoView {
    let words = &text().status.host;
    let show = move |shown, more| panel(shown, trend, stale, more);
    view! {
        <section class="health" aria-label=words.heading>
            <h2>{words.heading}</h2>
            <div class="plots four">
                {show(cpu(), Some(More::Cores))}
                {show(memory(), None)}
                {show(load(), None)}
                {show(network(), None)}
            </div>
            <div class="plain">
                {show(disk(), Some(More::Bar))}
                {show(heat(), None)}
                {show(uptime(), None)}
            </div>
        </section>
    }
}

fn cpu() -> Shown {
    let name = text().status.host.cpu;
    let values = |trend: &Trend| trend.cpu.clone();
    Shown {
        heading: name,
        figures: |Status { host, .. }| {
            let busiest = host.cores.iter().copied().fold(0.0, f64::max);
            let busiest = Unit::Percent.amount(busiest).to_string();
            let cores = (text().status.host.cores)(host.cores.len(), &busiest);
            vec![seen(host.cpu.map(|cpu| (Unit::Percent.amount(cpu), cores)))]
        },
        optional: false,
        plotted: Some(Plotted {
            unit: Unit::Percent,
            full: |_| 100.0,
            limit: |_| SATURATED,
            curves: vec![Curve { name, values }],
        }),
    }
}

fn memory() -> Shown {
    let name = text().status.host.memory;
    Shown {
        heading: name,
        figures: |status| vec![seen(status.host.memory.map(filled))],
        optional: false,
        plotted: Some(Plotted {
            unit: Unit::Bytes,
            full: total_memory,
            limit: |trend| total_memory(trend) * MEMORY_FULL / 100.0,
            curves: vec![Curve { name, values: |trend| trend.memory.clone() }],
        }),
    }
}

fn load() -> Shown {
    let name = text().status.host.load;
    let values = |trend: &Trend| trend.load.clone();
    Shown {
        heading: name,
        figures: |status| {
            let said = |load: [f64; 3]| {
                let [one, five, fifteen] = load.map(|load| Unit::Load.amount(load));
                (one, (text().status.host.loads)(&five.number, &fifteen.number))
            };
            vec![seen(status.host.load.map(said))]
        },
        optional: false,
        plotted: Some(Plotted {
            unit: Unit::Load,
            full: |_| 0.0,
            limit: |_| 0.0,
            curves: vec![Curve { name, values }],
        }),
    }
}

fn network() -> Shown {
    let words = &text().status.host;
    Shown {
        heading: words.network,
        figures: |Status { host, .. }| {
            let rate = |bytes: Option<u64>, way: &str| {
                seen(bytes.map(|bytes| (Unit::ByteRate.amount(float(bytes)), way.to_owned())))
            };
            let words = &text().status.host;
            vec![rate(host.received, words.received), rate(host.sent, words.sent)]
        },
        optional: false,
        plotted: Some(Plotted {
            unit: Unit::ByteRate,
            full: |_| 0.0,
            limit: |_| 0.0,
            curves: vec![
                Curve { name: words.received, values: |trend| trend.received.clone() },
                Curve { name: words.sent, values: |trend| trend.sent.clone() },
            ],
        }),
    }
}

fn disk() -> Shown {
    Shown {
        heading: text().status.host.disk,
        figures: |status| status.host.disk.into_iter().map(free).collect(),
        optional: true,
        plotted: None,
    }
}

fn heat() -> Shown {
    let figures = |status: &Status| {
        let celsius = status.host.temperature.map(|celsius| Unit::Celsius.amount(celsius));
        celsius.into_iter().map(|it| (it, text().status.host.hottest.to_owned())).collect()
    };
    Shown { heading: text().status.host.temperature, figures, optional: true, plotted: None }
}

fn uptime() -> Shown {
    Shown {
        heading: text().status.host.uptime,
        figures: |status| vec![seen(status.host.uptime_s.map(lasted))],
        optional: false,
        plotted: None,
    }
}

/// How long something has been running.
pub fn lasted(seconds: u64) -> (Amount, String) {
    let micros = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000_000);
    let number = length(micros);
    (Amount { number, unit: "" }, text().status.host.since_its_start.to_owned())
}

/// What the server can see, or that it cannot.
pub fn seen(figure: Option<(Amount, String)>) -> (Amount, String) {
    figure.unwrap_or_else(|| {
        (Amount { number: text().status.not_visible.to_owned(), unit: "" }, String::new())
    })
}

fn total_memory(trend: &Trend) -> f64 {
    let memory = trend.newest.as_ref().and_then(|status| status.host.memory);
    memory.map_or(0.0, |memory| float(memory.total))
}

/// How much an unprivileged process can still use.
fn free(disk: Filled) -> (Amount, String) {
    let total = Unit::Bytes.mark(float(disk.total)).to_string();
    let free = float(disk.total.saturating_sub(disk.used));
    (Unit::Bytes.amount(free), (text().status.host.free_of)(&total))
}

fn filled(filled: Filled) -> (Amount, String) {
    let total = Unit::Bytes.mark(float(filled.total)).to_string();
    (Unit::Bytes.amount(float(filled.used)), (text().status.host.of)(&total))
}
