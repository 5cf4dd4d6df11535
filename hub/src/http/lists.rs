//! Parses headers that are lists, with the weights of what they prefer ([RFC 9110, section
//! 12.4.2](https://www.rfc-editor.org/rfc/rfc9110#section-12.4.2)).

use axum::http::{HeaderMap, HeaderName};

/// All values of a header as one list. What is not visible ASCII is left out.
pub fn joined(headers: &HeaderMap, name: &HeaderName) -> String {
    let values: Vec<_> =
        headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    values.join(",")
}

/// The ranges of a list with their weights in thousandths, 0 to 1000, in their order. A range with a
/// weight that cannot be read is left out.
pub fn weighted(list: &str) -> impl Iterator<Item = (&str, u16)> {
    list.split(',').filter_map(|item| {
        let mut parts = item.split(';').map(str::trim);
        let range = parts.next().filter(|range| !range.is_empty())?;
        let weight = parts.find_map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            name.trim().eq_ignore_ascii_case("q").then_some(value.trim())
        });
        Some((range, weight.map_or(Some(1000), thousandths)?))
    })
}

/// `0` to `1` with at most three decimals.
fn thousandths(weight: &str) -> Option<u16> {
    let (whole, decimals) = weight.split_once('.').unwrap_or((weight, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let part: u16 = format!("{decimals:0<3}").parse().ok()?;
    match whole {
        "0" => Some(part),
        "1" if part == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_read_to_the_thousandth() {
        let list = "a, b;q=0.5,c ; Q=1.000,d;level=1;q=0.001,e;q=0,f;q=1.1,g;q=.5,h;q=0.1234,;q=1";
        let read: Vec<_> = weighted(list).collect();
        assert_eq!(read, [("a", 1000), ("b", 500), ("c", 1000), ("d", 1), ("e", 0)]);
    }
}
