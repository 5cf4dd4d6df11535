//! The page's first script, inline in the document: it ticks the server's digits until the wasm has loaded,
//! and formats instants and numbers, for itself and for the wasm.

/// The id of the element that holds the application. Whatever browsers, extensions and translators insert
/// beside it does no harm.
pub const ROOT_ID: &str = "app";

/// The attribute of the script's element with the words for a time that ticks but that no probe has
/// confirmed yet.
pub const UNCHECKED: &str = "data-unchecked";

/// The attribute with the base path, see [`Snapshot::base`](wire::page_data::Snapshot::base).
pub const BASE: &str = "data-base";

/// Its source. [`script`] is what is sent.
pub const SCRIPT: &str = include_str!("first.js");

/// The script without comments and indentation.
#[must_use]
pub fn script() -> String {
    let lines = SCRIPT.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_has_no_comments_and_nothing_that_ends_its_element() {
        let script = script();
        assert!(script.len() < SCRIPT.len() * 4 / 5, "{}", script.len());
        assert!(!script.contains("//") && !script.contains("</"), "{script}");
        assert!(script.contains(&format!("getElementById('{ROOT_ID}')")), "{script}");
        assert!(script.contains("said.unchecked") && script.contains("said.base"), "{script}");
    }
}
