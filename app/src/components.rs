//! The components that pages are made of.

mod ask;
mod banner;
mod bell;
mod card;
mod cores;
mod language_switch;
mod link_pill;
mod masthead;
mod page_head;
mod plot;
mod sign_out;
mod snippets;
mod spark;
mod window_title;

pub use ask::Ask;
pub use banner::Banner;
pub use bell::Bell;
pub use card::Card;
pub use cores::Cores;
pub use language_switch::LanguageSwitch;
pub use link_pill::LinkPill;
pub use masthead::Masthead;
pub use page_head::PageHead;
pub use plot::{Curve, Plot, Plotted};
pub use sign_out::SignOut;
pub use snippets::{Snippet, Snippets};
pub use spark::Spark;
pub use window_title::keep_title;
