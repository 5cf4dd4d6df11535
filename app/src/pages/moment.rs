//! An instant as a line of text has it: a [`Tick`] goes in, the words of the visitor's clock come out.

use crate::{tick::Tick, writing::Writing};

/// Hours, minutes and seconds, with the period of the day where the visitor's language says it.
pub fn clock(writing: &Writing, tick: Tick) -> String {
    let face = (writing.face)(tick);
    format!("{} {} {}", face.before, face.digits, face.after).trim().to_owned()
}
