//! How the visitor writes instants and numbers: they go in, words in the visitor's own zone and in the
//! page's language come out, by the browser's `Intl`.

use std::cell::{Cell, RefCell};

use app::{
    Language,
    tick::Tick,
    writing::{Face, Writing},
};
use js_sys::{
    Array, Date, Function,
    Intl::{DateTimeFormat, NumberFormat},
    Object, Reflect,
};
use wasm_bindgen::{JsCast, JsValue};

thread_local! {
    // Of the page. The formatters are made from it when they are first used.
    static LANGUAGE: Cell<Language> = const { Cell::new(Language::English) };
    // Making a formatter costs far more than using it.
    static CLOCK: DateTimeFormat = formatter(&[("timeStyle", "medium")]);
    static DATE: DateTimeFormat = formatter(&[("dateStyle", "full")]);
    static TITLE: DateTimeFormat = formatter(&[("timeStyle", "short")]);
    static NAME: DateTimeFormat = formatter(&[("timeZoneName", "long")]);
    static LAST_FACE: RefCell<(Tick, Face)> = RefCell::new((Tick::MIN, new_face(Tick::MIN)));
    static LAST_DATE: RefCell<(Tick, String)> = const { RefCell::new((Tick::MIN, String::new())) };
    static NUMBERS: [NumberFormat; 3] = [0, 1, 2].map(with_decimals);
}

/// The visitor's way to write, in the language of the page. What it was first called with counts.
#[must_use]
pub fn writing(language: Language) -> Writing {
    LANGUAGE.set(language);
    let now = Tick::from_micros(crate::page_clock::wall());
    let zone = NAME.with(|format| {
        let part = parts(format, now).find(|(kind, _)| kind == "timeZoneName");
        part.map_or_else(String::new, |(_, value)| value)
    });
    Writing { zone, face, date, minute, number }
}

fn minute(tick: Tick) -> String {
    TITLE.with(|format| written(format, tick))
}

/// Asked for at each tenth of a second, it changes with the second at most.
fn date(tick: Tick) -> String {
    LAST_DATE.with_borrow_mut(|last| {
        if last.0 != tick {
            *last = (tick, DATE.with(|format| written(format, tick)));
        }
        last.1.clone()
    })
}

/// As often asked for.
fn face(tick: Tick) -> Face {
    LAST_FACE.with_borrow_mut(|last| {
        if last.0 != tick {
            *last = (tick, new_face(tick));
        }
        last.1.clone()
    })
}

/// The digits are everything from the first to the last number; what lies around them is the
/// period of the day.
fn new_face(tick: Tick) -> Face {
    let (mut before, mut digits, mut after) = Default::default();
    let parts: Vec<_> = CLOCK.with(|format| parts(format, tick).collect());
    let number =
        |(kind, _): &(String, String)| matches!(kind.as_str(), "hour" | "minute" | "second");
    let first = parts.iter().position(number).unwrap_or(0);
    let last = parts.iter().rposition(number).unwrap_or(0);
    for (index, (_, value)) in parts.iter().enumerate() {
        let part: &mut String = match index {
            _ if index < first => &mut before,
            _ if index > last => &mut after,
            _ => &mut digits,
        };
        part.push_str(value);
    }
    Face { before: before.trim().to_owned(), digits, after: after.trim().to_owned() }
}

/// A number in units of its last decimal, with 0 to 2 decimals.
fn number(value: i64, decimals: u8) -> String {
    let decimals = decimals.min(2);
    #[expect(clippy::cast_precision_loss, reason = "what a page shows is far below 2^53")]
    let value = value as f64 / f64::from(10_u8.pow(decimals.into()));
    let write = NUMBERS.with(|formats| formats[usize::from(decimals)].format());
    in_words(&write, &JsValue::from_f64(value))
}

/// The first of the visitor's languages that is the page's, which knows the habits of a region, as
/// `en-GB`; else the page's own.
fn locale() -> Array {
    let page = LANGUAGE.get().tag();
    let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
    let languages = leptos::prelude::window().navigator().languages();
    let visitors = languages.into_iter().find(|language| {
        language.as_string().is_some_and(|language| primary(&language) == primary(page))
    });
    Array::of1(&visitors.unwrap_or_else(|| JsValue::from_str(page)))
}

fn formatter(options: &[(&'static str, &str)]) -> DateTimeFormat {
    let options = options.iter().map(|&(name, value)| (name, JsValue::from_str(value)));
    DateTimeFormat::new(&locale(), &object(options))
}

fn with_decimals(decimals: u8) -> NumberFormat {
    let names = ["minimumFractionDigits", "maximumFractionDigits"];
    NumberFormat::new(&locale(), &object(names.map(|name| (name, decimals.into()))))
}

fn object(fields: impl IntoIterator<Item = (&'static str, JsValue)>) -> Object {
    let object = Object::new();
    for (name, value) in fields {
        // Setting a property of an object that was just made cannot fail.
        let _ = Reflect::set(&object, &JsValue::from_str(name), &value);
    }
    object
}

fn js_date(tick: Tick) -> Date {
    #[expect(clippy::cast_precision_loss, reason = "the milliseconds of 9999 years fit in 53 bits")]
    let millis = tick.millis() as f64;
    Date::new(&JsValue::from_f64(millis))
}

fn written(format: &DateTimeFormat, tick: Tick) -> String {
    in_words(&format.format(), &js_date(tick))
}

fn in_words(write: &Function, value: &JsValue) -> String {
    let text = write.call1(&JsValue::UNDEFINED, value);
    text.ok().and_then(|text| text.as_string()).unwrap_or_default()
}

/// The parts of a written instant: what each is, and its text.
fn parts(format: &DateTimeFormat, tick: Tick) -> impl Iterator<Item = (String, String)> {
    let field =
        |part: &JsValue, name| Reflect::get(part, &JsValue::from_str(name)).ok()?.as_string();
    let parts: Array = format.format_to_parts(&js_date(tick)).unchecked_into();
    parts.into_iter().filter_map(move |part| Some((field(&part, "type")?, field(&part, "value")?)))
}
