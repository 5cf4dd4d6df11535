//! The page's first script: it stands in the document, ticks the server's digits until the wasm is there, and
//! writes instants and numbers for both.

/// The id of the element that holds the application. What browsers, extensions and translators put beside
/// it is in nobody's way.
pub const ROOT_ID: &str = "app";

/// What the document gives it, as an attribute of its element: what is said of a time that ticks but that
/// no probe has confirmed.
pub const UNCHECKED: &str = "data-unchecked";

/// It, as it is written; [`script`] is what is sent.
pub const SCRIPT: &str = include_str!("first.js");

/// It without comments and indentation.
#[must_use]
pub fn script() -> String {
    let lines = SCRIPT.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_sent_without_comments_and_can_stand_in_a_document() {
        let script = script();
        assert!(script.len() < SCRIPT.len() * 4 / 5, "{}", script.len());
        assert!(!script.contains("//") && !script.contains("</"), "{script}");
        assert!(script.contains(&format!("getElementById('{ROOT_ID}')")), "{script}");
        assert!(script.contains("said.unchecked"), "{script}");
    }
}
