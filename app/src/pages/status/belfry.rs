//! Belfry's own section of the status page.

use leptos::prelude::*;
use wire::{
    status::{Status, float},
    trend::Trend,
};

use super::{
    host::{lasted, seen},
    panel::{Shown, panel},
};
use crate::{
    components::{Curve, Plotted},
    erased,
    quantity::{Amount, Unit},
    text::text,
};

/// Belfry itself.
#[component]
pub fn BelfrySection(trend: RwSignal<Trend>, stale: Signal<bool>) -> impl IntoView {
    let words = &text().status.belfry;
    let show = move |shown| panel(shown, trend, stale, None);
    let which = erased::words(move || {
        let trend = trend.read();
        let own = trend.newest.as_ref().map(|status| &status.belfry);
        own.map_or_else(String::new, |own| format!(" {} · {}", own.version, own.node))
    });
    view! {
        <section class="health" aria-label=words.heading>
            <h2>{words.heading}<small>{which}</small></h2>
            <div class="plots">
                {show(readers())}
                {show(events())}
                {show(latency())}
            </div>
            <div class="plain">
                {show(log())}
                {show(memory())}
                {show(cut())}
                {show(uptime())}
            </div>
        </section>
    }
}

fn readers() -> Shown {
    let name = text().status.belfry.readers;
    let values = |trend: &Trend| trend.readers.clone();
    Shown {
        heading: name,
        figures: |status| {
            let readers = status.belfry.readers;
            let streams = (text().status.belfry.open_streams)(readers == 1);
            vec![(Unit::Number.amount(readers.into()), streams.to_owned())]
        },
        optional: false,
        plotted: Some(Plotted {
            unit: Unit::Number,
            full: |_| 0.0,
            limit: |_| 0.0,
            curves: vec![Curve { name, values }],
        }),
    }
}

fn events() -> Shown {
    let words = &text().status.belfry;
    Shown {
        heading: words.events,
        figures: |Status { belfry, .. }| {
            let (words, rate) = (&text().status.belfry, |events| Unit::Rate.amount(events));
            vec![
                (rate(belfry.published), words.published.to_owned()),
                (rate(belfry.delivered), words.delivered.to_owned()),
            ]
        },
        optional: false,
        plotted: Some(Plotted {
            unit: Unit::Rate,
            full: |_| 0.0,
            limit: |_| 0.0,
            curves: vec![
                Curve { name: words.published, values: |trend| trend.published.clone() },
                Curve { name: words.delivered, values: |trend| trend.delivered.clone() },
            ],
        }),
    }
}

fn latency() -> Shown {
    let name = text().status.belfry.latency;
    let values = |trend: &Trend| trend.latency_us.clone();
    Shown {
        heading: name,
        figures: |status| {
            let latency = status.belfry.latency_us;
            let latency =
                latency.map_or_else(Amount::none, |micros| Unit::Micros.amount(micros.into()));
            vec![(latency, text().status.belfry.worst.to_owned())]
        },
        optional: false,
        plotted: Some(Plotted {
            unit: Unit::Micros,
            full: |_| 0.0,
            limit: |_| 0.0,
            curves: vec![Curve { name, values }],
        }),
    }
}

fn log() -> Shown {
    let figures = |Status { belfry, .. }: &Status| {
        let events = Unit::Number.amount(float(belfry.log_events)).number;
        let events = (text().status.belfry.log_events)(&events);
        vec![(Unit::Bytes.amount(float(belfry.log_bytes)), events)]
    };
    Shown { heading: text().status.belfry.log, figures, optional: false, plotted: None }
}

fn memory() -> Shown {
    let figures = |status: &Status| {
        let held =
            |bytes| (Unit::Bytes.amount(float(bytes)), text().status.belfry.resident.to_owned());
        vec![seen(status.belfry.memory.map(held))]
    };
    Shown { heading: text().status.belfry.memory, figures, optional: false, plotted: None }
}

fn cut() -> Shown {
    let figures = |Status { belfry, .. }: &Status| {
        let all = belfry.stalled.saturating_add(belfry.vanished);
        let why = (text().status.belfry.cut_why)(belfry.stalled, belfry.vanished);
        vec![(Unit::Number.amount(float(all)), why)]
    };
    Shown { heading: text().status.belfry.cut, figures, optional: false, plotted: None }
}

fn uptime() -> Shown {
    let figures = |status: &Status| vec![lasted(status.belfry.uptime_s)];
    Shown { heading: text().status.host.uptime, figures, optional: false, plotted: None }
}
