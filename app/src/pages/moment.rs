//! An instant as a line of text has it: a [`Tick`] goes in, the words of the visitor's clock come out.

use crate::{tick::Tick, zone::Zone};

/// Hours, minutes and seconds, with the period of the day where the visitor's language says it.
pub fn clock(zone: &Zone, tick: Tick) -> String {
    let face = (zone.face)(tick);
    format!("{} {} {}", face.before, face.digits, face.after).trim().to_owned()
}
