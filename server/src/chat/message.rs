//! Parses an event's data into a message.

use serde_json::Value;
use wire::chat::Message;

/// What an event's data says. It is read as a browser reads it, and not as serde would: a list is no
/// message, and of a field that is there twice the last counts. (A lone surrogate, a number beyond those
/// of a double and the deepest nesting are not JSON here, and so make a text.)
pub(crate) fn message(data: &str) -> Message {
    let read = serde_json::from_str(data).ok().and_then(|value: Value| {
        let name = match &value["name"] {
            Value::Null => String::new(),
            name => name.as_str()?.to_owned(),
        };
        Some(Message { name, text: value["text"].as_str()?.to_owned() })
    });
    Message::of(data, read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_message_is_the_text_of_nobody() {
        let of = |data| {
            let Message { name, text } = message(data);
            (name, text)
        };
        let nobody = |text: &str| (String::new(), text.to_owned());
        assert_eq!(of(r#"{"name":"Ada","text":"hi"}"#), ("Ada".into(), "hi".into()));
        assert_eq!(of(r#"{"text":"a","text":"b","more":[1]}"#), nobody("b"));
        assert_eq!(of(r#"{"name":null,"text":"hi"}"#), nobody("hi"));
        assert_eq!(of(r#"{"name":"A\u202eda","text":"hi"}"#), nobody("hi"));
        for other in
            ["hello", "", r#"["Ada","hi"]"#, r#"{"name":1,"text":"hi"}"#, r#"{"name":"Ada"}"#, "7"]
        {
            assert_eq!(of(other), nobody(other));
        }
    }
}
