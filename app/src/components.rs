//! The parts that pages are made of.

mod bell;
mod card;
mod link_pill;
mod masthead;
mod snippets;
mod spark;

pub use bell::Bell;
pub use card::Card;
pub use link_pill::LinkPill;
pub use masthead::Masthead;
pub use snippets::{Clipboard, Snippets};
pub use spark::Spark;
