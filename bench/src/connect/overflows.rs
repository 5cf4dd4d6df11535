//! How many connections the kernel has dropped because a listener's queue was full.

use crate::machine::text;

/// `ListenOverflows`, since the machine started.
pub(super) fn dropped() -> u64 {
    named(&text("/proc/net/netstat"), "TcpExt:", "ListenOverflows").unwrap_or_default()
}

/// A line of names is followed by a line of values.
fn named(text: &str, section: &str, name: &str) -> Option<u64> {
    let mut lines = text.lines().filter(|line| line.starts_with(section));
    let at = lines.next()?.split_whitespace().position(|one| one == name)?;
    lines.next()?.split_whitespace().nth(at)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn a_value_is_below_its_name() {
        let text = "TcpExt: A ListenOverflows B\nTcpExt: 1 2 3\nIpExt: ListenOverflows\nIpExt: 9\n";
        assert_eq!(named(text, "TcpExt:", "ListenOverflows"), Some(2));
        assert_eq!(named(text, "TcpExt:", "ListenDrops"), None);
    }
}
