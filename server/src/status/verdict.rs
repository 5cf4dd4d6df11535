//! The verdict: finds what is not well in the measurements. The thresholds stand with
//! [`Trouble`](wire::status::Trouble), for the plots show them too.

use wire::{
    status::{
        DISK_FULL, Filled, Finding, HOT, Host, MEMORY_FULL, Own, SATURATED, SATURATED_FOR_MS,
        Trouble,
    },
    tick::Tick,
    trend::Trend,
};

/// What is not well, the worst first. `trend`: what was measured before.
pub(super) fn findings(
    at: Tick,
    host: &Host,
    belfry: &Own,
    writable: bool,
    trend: &Trend,
) -> Vec<Finding> {
    let full = |what, filled: Option<Filled>, from: f64| {
        let percent = filled.filter(|filled| filled.total > 0).map(Filled::percent);
        percent.filter(|percent| *percent >= from).map(|value| Finding { what, value })
    };
    let saturated = saturated_ms(at, host, trend);
    let all = [
        (!writable).then_some(Finding { what: Trouble::Log, value: 0.0 }),
        full(Trouble::Disk, host.disk, DISK_FULL),
        full(Trouble::Memory, host.memory, MEMORY_FULL),
        (saturated >= SATURATED_FOR_MS)
            .then_some(Finding { what: Trouble::Processor, value: saturated as f64 / 1000.0 }),
        host.temperature
            .filter(|celsius| *celsius >= HOT)
            .map(|value| Finding { what: Trouble::Heat, value }),
        (belfry.log_damaged > 0)
            .then_some(Finding { what: Trouble::Damage, value: belfry.log_damaged as f64 }),
    ];
    all.into_iter().flatten().collect()
}

/// For how many milliseconds each measurement has found the processors saturated.
fn saturated_ms(at: Tick, host: &Host, trend: &Trend) -> i64 {
    let is = |busy: &Option<f64>| busy.is_some_and(|percent| percent >= SATURATED);
    if !is(&host.cpu) {
        return 0;
    }
    let before = trend.at.iter().zip(&trend.cpu).rev().take_while(|(_, cpu)| is(cpu)).last();
    before.map_or(0, |(since, _)| at.millis() - since.millis())
}

#[cfg(test)]
mod tests {
    use wire::status::Status;

    use super::*;

    fn host(cpu: Option<f64>) -> Host {
        Host {
            uptime_s: None,
            cpu,
            cores: Vec::new(),
            load: None,
            memory: None,
            disk: None,
            received: None,
            sent: None,
            temperature: None,
        }
    }

    fn own(log_damaged: u64) -> Own {
        Own {
            version: String::new(),
            node: String::new(),
            uptime_s: 0,
            readers: 0,
            published: 0.0,
            delivered: 0.0,
            latency_us: None,
            log_events: 0,
            log_bytes: 0,
            log_keys: 0,
            log_damaged,
            memory: None,
            stalled: 0,
            vanished: 0,
        }
    }

    fn found(host: &Host, damaged: u64, writable: bool, trend: &Trend) -> Vec<(Trouble, f64)> {
        let found = findings(Tick::from(1_000_000), host, &own(damaged), writable, trend);
        found.into_iter().map(|Finding { what, value }| (what, value)).collect()
    }

    #[test]
    fn what_cannot_be_seen_is_no_trouble_and_neither_is_what_is_below_its_threshold() {
        let none = Trend::default();
        assert_eq!(found(&host(None), 0, true, &none), []);
        let well = Host {
            disk: Some(Filled { used: 899, total: 1000 }),
            memory: Some(Filled { used: 949, total: 1000 }),
            temperature: Some(94.9),
            ..host(Some(100.0))
        };
        assert_eq!(found(&well, 0, true, &none), []);
    }

    #[test]
    fn the_worst_comes_first() {
        let ill = Host {
            disk: Some(Filled { used: 900, total: 1000 }),
            memory: Some(Filled { used: 950, total: 1000 }),
            temperature: Some(95.0),
            ..host(None)
        };
        assert_eq!(
            found(&ill, 3, false, &Trend::default()),
            [
                (Trouble::Log, 0.0),
                (Trouble::Disk, 90.0),
                (Trouble::Memory, 95.0),
                (Trouble::Heat, 95.0),
                (Trouble::Damage, 3.0)
            ]
        );
    }

    #[test]
    fn the_processor_is_saturated_after_two_minutes_without_a_break() {
        let measured = |from: i64, break_at: i64| {
            let mut trend = Trend::default();
            for at in (from..1_000_000).step_by(2000) {
                let cpu = if at == break_at { 94.9 } else { 95.0 };
                let (at, host, belfry) = (at.into(), host(Some(cpu)), own(0));
                trend.push(Status { at, host, belfry, findings: Vec::new() });
            }
            found(&host(Some(99.0)), 0, true, &trend)
        };
        assert_eq!(measured(880_000, 0), [(Trouble::Processor, 120.0)]);
        assert_eq!(measured(882_000, 0), []);
        assert_eq!(measured(800_000, 880_000), []);
        let idle_now = found(&host(Some(3.0)), 0, true, &Trend::default());
        assert_eq!(idle_now, []);
    }
}
