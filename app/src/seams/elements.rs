//! How a page handles its elements, which it names by [`ElementRef`].

use leptos::{
    html::ElementType,
    prelude::*,
    tachys::{html::node_ref::NodeRefContainer, renderer::types::Element},
};

/// What a text becomes.
pub type Rule = fn(&str) -> String;

/// An element of a view, which is given it as its `node_ref`. (Of one type for all elements: each
/// [`NodeRef`] brings machine code of its own.)
#[derive(Clone, Copy, Debug)]
pub struct ElementRef(Option<StoredValue<Option<Element>, LocalStorage>>);

impl ElementRef {
    /// A reference to no element yet; where there is no browser, for ever.
    #[must_use]
    pub fn new(browser: bool) -> Self {
        Self(browser.then(|| StoredValue::new_local(None)))
    }

    /// The element, while it is there.
    #[must_use]
    pub fn get(self) -> Option<Element> {
        self.0?.try_get_value()?
    }
}

impl<E: ElementType> NodeRefContainer<E> for ElementRef {
    fn load(self, element: &Element) {
        if let Some(value) = self.0 {
            value.set_value(Some(element.clone()));
        }
    }
}

/// How to handle elements. What is not there, or cannot be changed, is left.
#[derive(Clone, Copy, Debug)]
pub struct Elements {
    /// Where an element that scrolls stands.
    pub scrolled: fn(ElementRef) -> Scrolled,
    /// Scrolls an element to a place from its top.
    pub scroll: fn(ElementRef, i32),
    /// What stands in a field.
    pub value: fn(ElementRef) -> String,
    /// Writes into a field, which the browser itself then remembers no longer.
    pub fill: fn(ElementRef, &str),
    /// Changes what stands in a field by a rule, where that changes it, and returns it; the caret stays
    /// where it is.
    pub change: fn(ElementRef, Rule) -> String,
    /// Opens an element that folds, or closes it.
    pub open: fn(ElementRef, bool),
    /// Gives the keyboard to an element.
    pub focus: fn(ElementRef),
    /// The same, unless a part of the page has it already, or it would bring up a keyboard on the screen.
    pub focus_first: fn(ElementRef),
    /// Whether the visitor points with a finger, and so types on a screen.
    pub has_touch: fn() -> bool,
}

/// Where an element that scrolls stands, in CSS pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scrolled {
    /// What has scrolled out at its top. It is negative in one that is laid out from its foot, where 0 is
    /// the foot.
    pub top: i32,
    /// How high all that it holds is.
    pub whole: i32,
    /// How much of it is seen.
    pub seen: i32,
}
