//! The parts that pages are made of.

mod bell;
mod card;
mod cores;
mod link_pill;
mod masthead;
mod plot;
mod snippets;
mod spark;

pub use bell::Bell;
pub use card::Card;
pub use cores::Cores;
pub use link_pill::LinkPill;
pub use masthead::Masthead;
pub use plot::{Curve, Plot, Plotted};
pub use snippets::{Clipboard, Snippet, Snippets};
pub use spark::Spark;
