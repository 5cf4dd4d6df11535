//! How full a disk is, as a bar.

use leptos::prelude::*;
use wire::trend::Trend;

use crate::erased::words;

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
            // At DISK_FULL.
            <path class="limit" d="M90 0v1"/>
        </svg>
    }
}
