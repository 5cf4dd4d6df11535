//! The elements of `Forwarded` ([RFC 7239, section 4](https://www.rfc-editor.org/rfc/rfc7239#section-4)).

use axum::http::HeaderValue;

/// What one proxy has written.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    /// `for`
    pub(super) client: Option<String>,
    pub(super) proto: Option<String>,
    pub(super) host: Option<String>,
}

impl Element {
    /// Takes a pair; `None` where there was one of that name. Names other than these are ignored.
    fn set(&mut self, name: &str, value: String) -> Option<()> {
        let field = match &*name.to_ascii_lowercase() {
            "for" => &mut self.client,
            "proto" => &mut self.proto,
            "host" => &mut self.host,
            _ => return Some(()),
        };
        field.replace(value).is_none().then_some(())
    }
}

/// All elements of a request, the farthest first; `None` where something cannot be read: an open quote would
/// swallow what a proxy has added behind it.
pub(super) fn elements<'a>(lines: impl Iterator<Item = &'a HeaderValue>) -> Option<Vec<Element>> {
    let mut elements = Vec::new();
    for line in lines {
        let mut rest = line.to_str().ok()?.trim();
        while !rest.is_empty() {
            let element;
            (element, rest) = read_element(rest)?;
            elements.extend(element);
        }
    }
    Some(elements)
}

/// Reads an element up to its comma. Lists may have empty ones ([RFC 9110, section
/// 5.6.1](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.1)), and elements empty pairs.
fn read_element(mut rest: &str) -> Option<(Option<Element>, &str)> {
    let (mut element, mut some) = (Element::default(), false);
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix(',') {
            return Some((some.then_some(element), after.trim_start()));
        }
        if rest.is_empty() {
            return Some((some.then_some(element), rest));
        }
        if let Some(after) = rest.strip_prefix(';') {
            rest = after;
            continue;
        }
        let (name, after) = rest.split_once('=')?;
        if !is_token(name) {
            return None;
        }
        let value;
        (value, rest) = read_value(after)?;
        element.set(name, value)?;
        some = true;
        rest = rest.trim_start();
        if !rest.is_empty() && !rest.starts_with([';', ',']) {
            return None;
        }
    }
}

/// Reads a token or a quoted string.
fn read_value(rest: &str) -> Option<(String, &str)> {
    let Some(quoted) = rest.strip_prefix('"') else {
        let end = rest.find([';', ',', ' ', '\t']).unwrap_or(rest.len());
        // Many proxies write addresses with a colon without the quotes that they need.
        let plain = |byte: u8| is_token_byte(byte) || b"[]:".contains(&byte);
        return rest[..end].bytes().all(plain).then(|| (rest[..end].to_owned(), &rest[end..]));
    };
    let (mut value, mut characters) = (String::new(), quoted.char_indices());
    while let Some((place, character)) = characters.next() {
        match character {
            '"' => return Some((value, &quoted[place + 1..])),
            '\\' => value.push(characters.next()?.1),
            other => value.push(other),
        }
    }
    None
}

fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(is_token_byte)
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(lines: &[&str]) -> Option<Vec<[String; 3]>> {
        let lines: Vec<_> = lines.iter().map(|line| HeaderValue::from_str(line).unwrap()).collect();
        let elements = elements(lines.iter())?;
        let said = |element: Element| {
            [element.client, element.proto, element.host].map(Option::unwrap_or_default)
        };
        Some(elements.into_iter().map(said).collect())
    }

    #[test]
    fn elements_are_read_as_the_rfc_writes_them() {
        for (line, said) in [
            (r#"for="_gazonk""#, vec![["_gazonk", "", ""]]),
            (r#"For="[2001:db8:cafe::17]:4711""#, vec![["[2001:db8:cafe::17]:4711", "", ""]]),
            ("for=192.0.2.60;proto=http;by=203.0.113.43", vec![["192.0.2.60", "http", ""]]),
            (
                "for=192.0.2.43, for=198.51.100.17",
                vec![["192.0.2.43", "", ""], ["198.51.100.17", "", ""]],
            ),
            ("HOST=example.org:80 ; PROTO=https", vec![["", "https", "example.org:80"]]),
            (r#"for="a\"b,c;d", ,,for=x;"#, vec![["a\"b,c;d", "", ""], ["x", "", ""]]),
            ("for=[2001:db8::1]:80", vec![["[2001:db8::1]:80", "", ""]]),
            ("", vec![]),
        ] {
            let said: Vec<_> = said.iter().map(|element| element.map(ToOwned::to_owned)).collect();
            assert_eq!(read(&[line]), Some(said), "{line}");
        }
        assert_eq!(read(&["for=a", "for=b"]).unwrap().len(), 2);
    }

    #[test]
    fn what_is_not_an_element_makes_the_whole_unreadable() {
        for line in
            ["for", "=a", "for=\"a", "for=a b", "for=a;for=b", "f r=a", "for=\"a\"b", "for=a\"b\""]
        {
            assert_eq!(read(&[line, "for=192.0.2.7"]), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_line_is_read_or_not(line in "[ -~]{0,40}|[for=\";,\\\\ a:]{0,20}") {
            read(&[&line]);
        }

        #[test]
        fn what_is_quoted_comes_back(values in prop::collection::vec("[ -~]{0,12}", 1..4)) {
            let quoted = |value: &String| {
                format!("for=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
            };
            let line = values.iter().map(quoted).collect::<Vec<_>>().join(", ");
            let clients = read(&[&line]).map(|said| said.into_iter().map(|[client, ..]| client).collect::<Vec<_>>());
            prop_assert_eq!(clients, Some(values));
        }
    }
}
