//! Handles the elements of a page: its fields, what scrolls and what folds; and looks at texts with the
//! browser's tables of Unicode. What is not there, or cannot be changed, is left as it is.

use app::seams::{
    elements::{ElementRef, Elements, Rule, Scrolled},
    measure::Measure,
};
use js_sys::{Array, JsString, Reflect, RegExp};
use leptos::prelude::{document, window};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use web_sys::{Element, HtmlElement};

/// How a page handles its elements.
pub const ELEMENTS: Elements =
    Elements { scrolled, scroll, value, fill, change, open, focus, focus_first, has_touch };

/// How a page looks at texts.
pub const MEASURE: Measure = Measure { matches, nfkc, pieces };

/// (What cannot be written is not in the way.)
fn set(element: &Element, name: &str, value: &JsValue) {
    let _ = Reflect::set(element, &name.into(), value);
}

fn scrolled(part: ElementRef) -> Scrolled {
    part.get().map_or_else(Scrolled::default, |it| Scrolled {
        top: it.scroll_top(),
        whole: it.scroll_height(),
        seen: it.client_height(),
    })
}

fn scroll(part: ElementRef, top: i32) {
    if let Some(element) = part.get() {
        element.set_scroll_top(top);
    }
}

fn value(part: ElementRef) -> String {
    let value = part.get().and_then(|field| Reflect::get(&field, &"value".into()).ok());
    value.and_then(|value| value.as_string()).unwrap_or_default()
}

fn fill(part: ElementRef, text: &str) {
    if let Some(field) = part.get() {
        // The browser's own memory of forms may be older than ours.
        for (name, value) in [("value", text), ("autocomplete", "off")] {
            set(&field, name, &value.into());
        }
    }
}

fn change(part: ElementRef, rule: Rule) -> String {
    let typed = value(part);
    let changed = rule(&typed);
    if let Some(field) = part.get().filter(|_| changed != typed) {
        let caret = Reflect::get(&field, &"selectionStart".into()).ok().and_then(|it| it.as_f64());
        let [before, after] =
            [&typed, &changed].map(|it| f64::from(JsString::from(&**it).length()));
        // What was left out stood before it.
        let caret = JsValue::from(caret.unwrap_or(before) + after - before);
        set(&field, "value", &(&*changed).into());
        set(&field, "selectionStart", &caret);
        set(&field, "selectionEnd", &caret);
    }
    changed
}

fn matches(pattern: &str, text: &str) -> bool {
    RegExp::new(pattern, "u").test(text)
}

fn nfkc(text: &str) -> String {
    JsString::from(text).normalize("NFKC").into()
}

#[wasm_bindgen]
extern "C" {
    type Segmenter;
    #[wasm_bindgen(constructor, catch, js_namespace = Intl)]
    fn new() -> Result<Segmenter, JsValue>;
    #[wasm_bindgen(method)]
    fn segment(this: &Segmenter, text: &str) -> JsValue;
}

/// Where a browser knows no better, by character.
fn pieces(text: &str) -> Vec<usize> {
    let Ok(segmenter) = Segmenter::new() else {
        return text.chars().map(char::len_utf8).collect();
    };
    let bytes = |part: JsValue| {
        let piece = Reflect::get(&part, &"segment".into()).ok().and_then(|it| it.as_string());
        piece.unwrap_or_default().len()
    };
    Array::from(&segmenter.segment(text)).iter().map(bytes).collect()
}

fn has_touch() -> bool {
    let coarse = window().match_media("(pointer: coarse)").ok().flatten();
    coarse.is_some_and(|coarse| coarse.matches())
}

fn open(part: ElementRef, open: bool) {
    if let Some(element) = part.get() {
        set(&element, "open", &open.into());
    }
}

fn focus(part: ElementRef) {
    if let Some(element) = part.get().and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        // Nor is what cannot be focused.
        let _ = element.focus();
    }
}

fn focus_first(part: ElementRef) {
    let active = document().active_element();
    let free = active.is_none_or(|it| it.matches("body, #main").unwrap_or_default());
    if free && !has_touch() {
        focus(part);
    }
}
