//! Where a visitor is sent on to: to a place on this server, whatever the request asks for.

/// The address, where it is a path on this server, as it stands in a URL; `None` for one that a browser
/// could take for another server's.
///
/// Browsers take a `\` for a `/`, drop tabs and line ends before they look for `//`, and find an authority
/// after that. A line end would also end the `Location` header. So only visible ASCII is let through, which
/// is all that an address of ours is written with.
pub(crate) fn place_here(address: &str) -> Option<&str> {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let visible = address.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    (path.starts_with('/') && !path.contains("//") && visible && !climbs(path)).then_some(address)
}

/// Whether a path has segments that a browser leaves out, or with which it leaves a folder: those that lead out of
/// the base path could follow.
fn climbs(path: &str) -> bool {
    path.split('/').any(|part| {
        let part = part.to_ascii_lowercase().replace("%2e", ".");
        matches!(&*part, "." | "..")
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::Url;

    use super::*;

    #[test]
    fn a_place_on_this_server_is_gone_to() {
        for ours in [
            "/",
            "/status",
            "/status?login=failed#x",
            "/console?topic=a//b",
            "/console?topic=http://evil.example",
            "/chat/%E9%92%9F",
            "/%2F",
            // To a browser these are segments of a path.
            "/%09/evil.example",
            "/%5Cevil.example",
            "/@evil.example",
            "/.a/..b/...",
            "/a#/../b",
            "/a?/../b",
            "/a#//b",
        ] {
            assert_eq!(place_here(ours), Some(ours));
        }
    }

    #[test]
    fn nobody_is_sent_to_another_server() {
        for other in [
            "",
            "status",
            "evil.example",
            "//evil.example",
            "///evil.example",
            "////evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "\\\\evil.example",
            "/a\\..\\/evil.example",
            "/status?\\",
            "https://evil.example",
            "HTTPS:evil.example",
            "https:/evil.example",
            "javascript:alert(1)",
            "data:text/html,x",
            ":80",
            "@evil.example",
            "?//evil.example",
            "#",
            // What a browser drops before it looks for an authority.
            "/\t/evil.example",
            "/\n/evil.example",
            "/\r/evil.example",
            "\t//evil.example",
            " //evil.example",
            " /",
            "/ ",
            "\u{0}/",
            "/\u{0}/evil.example",
            "/\u{7f}",
            "/\u{85}",
            // What leads out of its folder and is a path that begins with two slashes then.
            "/.",
            "/..",
            "/../admin",
            "/a/%2e%2E/b",
            "/a/.%2e",
            "/%2e",
            "/.//evil.example",
            "/..//evil.example",
            "/a/..//evil.example",
            "/%2e//evil.example",
            "/a//b",
            // Another header, or another answer.
            "/status\r\nX: y",
            "/\r\n\r\n<script>",
            "/\n",
            // What no address of ours is written with.
            "/钟",
            "/\u{2028}/evil.example",
            "/\u{ff0f}evil.example",
            "\u{ff0f}\u{ff0f}evil.example",
            "/\u{202e}",
            "\u{feff}//evil.example",
        ] {
            assert_eq!(place_here(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn a_browser_stays_on_this_server(address in "[/\\\\a.:@ %25eF09\\t\\r\\n?#é]{0,12}|\\PC{0,8}") {
            if let Some(place) = place_here(&address) {
                let here = Url::parse("http://here.example/console?topic=a").unwrap();
                let there = here.join(place).unwrap();
                prop_assert_eq!(there.origin(), here.origin());
                prop_assert!(!there.path().starts_with("//"), "{}", there);
            }
        }
    }
}
