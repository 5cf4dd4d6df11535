//! What the browser offers a page.

pub(crate) mod alarm;
pub mod base;
pub(crate) mod elements;
pub mod json;
pub mod navigation;
pub(crate) mod page_events;
pub(crate) mod requests;
pub mod tab_storage;
pub(crate) mod task;
