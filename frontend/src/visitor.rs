//! How the visitor writes time: instants go in, words in the visitor's own zone and language come
//! out, by the browser's `Intl`.

use app::{
    tick::Tick,
    zone::{Face, Zone},
};
use js_sys::{Array, Date, Function, Intl::DateTimeFormat, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};

thread_local! {
    // Making a formatter costs far more than using it.
    static CLOCK: DateTimeFormat = formatter(&[("timeStyle", "medium")]);
    static DATE: DateTimeFormat = formatter(&[("dateStyle", "full")]);
    static TITLE: DateTimeFormat = formatter(&[("timeStyle", "short")]);
    static NAME: DateTimeFormat = formatter(&[("timeZoneName", "long")]);
}

/// The visitor's zone and language.
#[must_use]
pub fn zone() -> Zone {
    let now = Tick::from_micros(crate::page_clock::wall());
    let name = NAME.with(|format| {
        let part = parts(format, now).find(|(kind, _)| kind == "timeZoneName");
        part.map_or_else(String::new, |(_, value)| value)
    });
    Zone { name, face, date }
}

/// Hours and minutes, for the title.
#[must_use]
pub fn title(tick: Tick) -> String {
    TITLE.with(|format| written(format, tick))
}

fn date(tick: Tick) -> String {
    DATE.with(|format| written(format, tick))
}

/// The digits are everything from the first to the last number; what lies around them is the
/// period of the day.
fn face(tick: Tick) -> Face {
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

fn formatter(options: &[(&str, &str)]) -> DateTimeFormat {
    let object = Object::new();
    for (name, value) in options {
        // Setting a property of an object that was just made cannot fail.
        let _ = Reflect::set(&object, &JsValue::from_str(name), &JsValue::from_str(value));
    }
    DateTimeFormat::new(&Array::new(), &object)
}

fn js_date(tick: Tick) -> Date {
    #[expect(clippy::cast_precision_loss, reason = "the milliseconds of 9999 years fit in 53 bits")]
    let millis = tick.millis() as f64;
    Date::new(&JsValue::from_f64(millis))
}

fn written(format: &DateTimeFormat, tick: Tick) -> String {
    let write: Function = format.format();
    let text = write.call1(&JsValue::UNDEFINED, &js_date(tick));
    text.ok().and_then(|text| text.as_string()).unwrap_or_default()
}

/// The parts of a written instant: what each is, and its text.
fn parts(format: &DateTimeFormat, tick: Tick) -> impl Iterator<Item = (String, String)> {
    let field =
        |part: &JsValue, name| Reflect::get(part, &JsValue::from_str(name)).ok()?.as_string();
    let parts: Array = format.format_to_parts(&js_date(tick)).unchecked_into();
    parts.into_iter().filter_map(move |part| Some((field(&part, "type")?, field(&part, "value")?)))
}
