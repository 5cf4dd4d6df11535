//! The server's base path: which paths of the origin are its own, and what it is called in what all pages of
//! the origin share.

use std::cell::RefCell;

use app::address::Address;

thread_local! {
    static BASE: RefCell<String> = RefCell::default();
}

/// Everything stands under this path, without a slash at its end.
pub fn set(base: String) {
    BASE.set(base);
}

/// The address of a path of the server.
pub fn under(path: &str) -> String {
    BASE.with_borrow(|base| base.clone() + path)
}

/// The page's address in a path and a query of the origin; `None` where that is not the server's.
pub fn inside(path: &str, search: &str) -> Option<Address> {
    let path = BASE.with_borrow(|base| path.strip_prefix(&**base).map(str::to_owned))?;
    path.starts_with('/').then(|| Address::new(&(path + search)))
}

/// A name in the browser's storage, channels and locks, which another server on this origin does not use. The names
/// of one that has the whole origin have no space.
pub fn named(name: &str) -> String {
    let named = under(" ") + name;
    named.strip_prefix(' ').map(str::to_owned).unwrap_or(named)
}

/// Whether a name is of [`named`].
pub fn has_named(name: &str) -> bool {
    let of = name.split_once(' ').map_or("", |(base, _)| base);
    BASE.with_borrow(|base| *base == of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_the_servers_under_its_base_alone() {
        let address = |path, search| inside(path, search).map(|address| address.to_string());
        set(String::new());
        assert_eq!(under("/sse"), "/sse");
        assert_eq!(address("/status", "?a=b").as_deref(), Some("/status?a=b"));
        set("/belfry".to_owned());
        assert_eq!(under("/sse"), "/belfry/sse");
        assert_eq!(address("/belfry/", "").as_deref(), Some("/"));
        assert_eq!(
            address("/belfry/chat/a%20b", "?before=c").as_deref(),
            Some("/chat/a%20b?before=c")
        );
        for other in
            ["/", "/belfry", "/belfryx", "/belfryx/status", "/status", "/x/belfry/status", ""]
        {
            assert_eq!(address(other, ""), None, "{other:?}");
        }
    }

    #[test]
    fn servers_on_one_origin_use_different_names() {
        let names = ["belfry-owner", "/chat/a%20b"];
        let mut all = Vec::new();
        for base in ["", "/a", "/a/b", "/ab"] {
            set(base.to_owned());
            all.extend(names.map(|name| (base, named(name))));
        }
        assert_eq!(all[0].1, "belfry-owner");
        for (of, name) in &all {
            assert_eq!(all.iter().filter(|(_, other)| other == name).count(), 1, "{name}");
            for base in ["", "/a", "/a/b", "/ab"] {
                set(base.to_owned());
                assert_eq!(has_named(name), base == *of, "{base:?} {name}");
            }
        }
    }
}
