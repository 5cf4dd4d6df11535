//! The machine's section of the status page.

use leptos::prelude::*;

use super::panel::{More, Shown, panel};
use crate::{
    changing::words,
    components::{Curve, Plotted},
    quantity::{Amount, Unit, float},
    status::{Filled, Status, Trend},
    text::{length, text},
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
            vec![(Unit::Percent.amount(host.cpu), cores)]
        },
        optional: false,
        plotted: Some(Plotted {
            unit: Unit::Percent,
            full: |_| 100.0,
            curves: vec![Curve { name, values }],
        }),
    }
}

fn memory() -> Shown {
    let name = text().status.host.memory;
    Shown {
        heading: name,
        figures: |status| vec![filled(status.host.memory)],
        optional: false,
        plotted: Some(Plotted {
            unit: Unit::Bytes,
            full: |trend| trend.newest.as_ref().map_or(0.0, |s| float(s.host.memory.total)),
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
            let [one, five, fifteen] = status.host.load.map(|load| Unit::Load.amount(load));
            vec![(one, (text().status.host.loads)(&five.number, &fifteen.number))]
        },
        optional: false,
        plotted: Some(Plotted {
            unit: Unit::Load,
            full: |_| 0.0,
            curves: vec![Curve { name, values }],
        }),
    }
}

fn network() -> Shown {
    let words = &text().status.host;
    Shown {
        heading: words.network,
        figures: |Status { host, .. }| {
            let (words, rate) = (&text().status.host, |bytes| Unit::ByteRate.amount(float(bytes)));
            vec![
                (rate(host.received), words.received.to_owned()),
                (rate(host.sent), words.sent.to_owned()),
            ]
        },
        optional: false,
        plotted: Some(Plotted {
            unit: Unit::ByteRate,
            full: |_| 0.0,
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
        figures: |status| status.host.disk.into_iter().map(filled).collect(),
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
        figures: |status| vec![lasted(status.host.uptime_s)],
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

fn filled(filled: Filled) -> (Amount, String) {
    let total = Unit::Bytes.mark(float(filled.total)).to_string();
    (Unit::Bytes.amount(float(filled.used)), (text().status.host.of)(&total))
}

/// How full the disk is, for the eye alone.
#[component]
pub fn Bar(trend: RwSignal<Trend>) -> impl IntoView {
    let width = words(move || {
        let disk = trend.read().newest.as_ref().and_then(|status| status.host.disk);
        let percent = disk.and_then(|it| it.used.saturating_mul(100).checked_div(it.total));
        percent.unwrap_or_default().min(100).to_string()
    });
    view! {
        <svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
            <rect width=width height="1"/>
        </svg>
    }
}
