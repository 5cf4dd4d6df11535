//! Prints the rounds of all contenders as one table.

use super::{Pace, round::Round};
use crate::{contender::Contender, load::Audience, load::DATA_LENGTH, machine::Spread};

pub(super) fn print(all: &[Contender], rounds: &[Vec<Round>], audience: Audience, pace: Pace) {
    let Audience { readers, topics, .. } = audience;
    let events = match pace {
        Pace::Paced(rate) => format!("{rate} events/s"),
        Pace::Saturated(window) => format!("as many events as are delivered, {window} under way"),
    };
    let count = rounds[0].len();
    println!(
        "## Fan-out: {readers} readers, {topics} topics, {events}, {DATA_LENGTH} bytes, {count} rounds\n"
    );
    println!(
        "| server | CPU µs a delivery | of raw epoll's in its round | p50 ms | p99 ms | deliveries/s | the client's CPU share |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|");
    for (contender, own) in all.iter().zip(rounds) {
        let over = |of: fn(&Round) -> f64| Spread::of(own.iter().map(of));
        let ratios = own.iter().zip(&rounds[0]).map(|(own, raw)| own.cost() / raw.cost());
        println!(
            "| {} | {:.2} | {:.2} | {:.2} | {:.2} | {:.0} | {:.0} % |",
            contender.name(),
            over(Round::cost),
            Spread::of(ratios),
            over(|round| round.delivered.p50),
            over(|round| round.delivered.p99),
            over(Round::rate),
            over(|round| round.client * 100.0).median,
        );
    }
    println!("\nEach figure is the median of the rounds, with the least and the most.\n");
}
