//! What the browser's half gives to pages, by what it can do. The server gives none of it, so that rendering
//! opens and sends nothing.

pub mod clock;
pub mod elements;
pub mod follow;
pub mod measure;
pub mod post;
pub mod read;
pub mod store;
pub mod window;

use self::{
    clock::Clock, elements::Elements, follow::Follow, measure::Measure, post::Post, read::Read,
    store::Store, window::Window,
};

/// What a page in a browser can do, given in the context.
#[derive(Clone, Copy, Debug)]
pub struct Browser {
    /// Hear of topics.
    pub follow: Follow,
    /// Read from the server.
    pub read: Read,
    /// Say something in a room.
    pub post: Post,
    /// Keep something in the browser.
    pub store: Store,
    /// Tell the time.
    pub clock: Clock,
    /// Look at texts as the browser does.
    pub measure: Measure,
    /// Handle elements.
    pub elements: Elements,
    /// Handle the window.
    pub window: Window,
}
