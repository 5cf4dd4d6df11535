//! Measures the same work on the programs that people would otherwise choose.

use clap::ValueEnum;

use crate::{
    Result,
    cli::Peers,
    contender::{Contender, Peer, Security},
    fanout,
    results::Results,
};

/// Measures fan-out to each number of readers, on Belfry and on every peer that is installed.
pub(crate) fn measure(asked: &Peers, most: usize, results: &mut Results) -> Result<()> {
    let mut contenders = asked.deliveries.builds.contenders();
    let wanted = |peer: &&Peer| asked.only.is_empty() || asked.only.contains(peer);
    for &peer in Peer::value_variants().iter().filter(wanted) {
        match peer.missing() {
            Some(what) => println!("Not measured: {}, for {what} is missing.", peer.name()),
            None => contenders.push(Contender::Peer(peer)),
        }
    }
    println!("Not measured here: Mercure and Centrifugo.\n");
    fanout::measure_each("peers", &contenders, Security::Plain, &asked.deliveries, most, results)
}
