//! How a page handles the browser's window: its address, its title, the clipboard.

use leptos::prelude::*;

use crate::address::Address;

/// How to handle the window.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Goes from page to page without a reload, for as long as the current owner lives.
    pub navigate: fn(RwSignal<Address>),
    /// Gives the focus back to what had it when a form was sent without a load.
    pub refocus: fn(),
    /// Sets the title.
    pub set_title: fn(&str),
    /// Puts a text on the visitor's clipboard, and says whether the browser lets a page do that.
    pub copy: fn(&str) -> bool,
    /// Calls at each event of this name, for as long as the current owner lives.
    pub on: fn(&'static str, Box<dyn Fn()>),
}
