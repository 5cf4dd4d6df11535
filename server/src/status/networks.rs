//! Picks the network interfaces whose bytes are counted nowhere else, by what Linux says of each in a
//! folder.

use std::{ffi::OsStr, fs, path::Path};

/// Where Linux tells of its interfaces.
pub(super) const INTERFACES: &str = "/sys/class/net";

/// Of `names`, each with whether it has an address that others can reach, those that count.
///
/// What crosses a bridge, a tunnel, a bond or a pair of virtual ends leaves the machine by a card, so where
/// there are cards, they alone count. In a container there are none: there what can be reached counts, but
/// nothing that is made of others.
pub(super) fn counted<'a>(interfaces: &Path, names: &[(&'a OsStr, bool)]) -> Vec<&'a OsStr> {
    let of = |name: &OsStr| interfaces.join(name);
    let names_where = |counts: &dyn Fn(&OsStr, bool) -> bool| -> Vec<&'a OsStr> {
        let names = names.iter().filter(|(name, reachable)| counts(name, *reachable));
        names.map(|(name, _)| *name).collect()
    };
    let cards = names_where(&|name, _| is_card(&of(name)));
    if cards.is_empty() {
        names_where(&|name, reachable| reachable && is_plain(&of(name)))
    } else {
        cards
    }
}

/// Whether it is hardware, or what a virtual machine takes for it. The second half of one that is two (the
/// virtual function beside a synthetic card) has the first as its master, and the ports of a switch have its
/// card: those count their bytes as well.
fn is_card(interface: &Path) -> bool {
    interface.join("device").exists()
        && !interface.join("master/device").exists()
        && kind(interface).is_none_or(|kind| kind != "dsa")
}

/// Whether it is made of no others.
fn is_plain(interface: &Path) -> bool {
    let made_of_others = ["bridge", "bonding", "tun_flags"];
    let kind = kind(interface);
    // ARPHRD_ETHER; tunnels have others. Where there is no such file, nobody knows.
    let ethernet = fs::read_to_string(interface.join("type")).map_or(true, |it| it.trim() == "1");
    ethernet
        && !made_of_others.iter().any(|name| interface.join(name).exists())
        && matches!(kind.as_deref(), None | Some("macvlan" | "ipvlan" | "wlan"))
}

/// What the kernel says it is: `bridge`, `vlan`, `wireguard`; nothing of a card or a virtual end.
fn kind(interface: &Path) -> Option<String> {
    let said = fs::read_to_string(interface.join("uevent")).ok()?;
    said.lines().find_map(|line| line.strip_prefix("DEVTYPE=")).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    /// Interfaces, each with what stands in its folder: a `/` at the end means a folder.
    fn interfaces(each: &[(&str, &[(&str, &str)])]) -> TempDir {
        let root = TempDir::new().unwrap();
        for (name, files) in each {
            let folder = root.path().join(name);
            fs::create_dir(&folder).unwrap();
            fs::write(folder.join("type"), "1\n").unwrap();
            for (file, content) in *files {
                match file.strip_suffix('/') {
                    Some(inner) => fs::create_dir_all(folder.join(inner)).unwrap(),
                    None => fs::write(folder.join(file), content).unwrap(),
                }
            }
        }
        root
    }

    fn found(each: &[(&str, &[(&str, &str)])]) -> Vec<String> {
        let root = interfaces(each);
        let reachable = |name: &&str| !name.starts_with("un");
        let names: Vec<_> =
            each.iter().map(|(name, _)| (OsStr::new(name), reachable(name))).collect();
        let counted = counted(root.path(), &names).into_iter();
        counted.map(|name| name.to_str().unwrap().to_owned()).collect()
    }

    const DEVICE: (&str, &str) = ("device/", "");

    #[test]
    fn on_a_machine_its_cards_count_and_what_runs_over_them_does_not() {
        let all: &[(&str, &[(&str, &str)])] = &[
            ("unaddressed0", &[DEVICE, ("uevent", "INTERFACE=eth0\n")]),
            ("wlan0", &[DEVICE, ("uevent", "DEVTYPE=wlan\n")]),
            ("vf0", &[DEVICE, ("master/device/", "")]),
            ("lan1", &[DEVICE, ("uevent", "DEVTYPE=dsa\n")]),
            ("docker0", &[("bridge/", ""), ("uevent", "DEVTYPE=bridge\n")]),
            ("veth12", &[]),
            ("wg0", &[("type", "65534\n"), ("uevent", "DEVTYPE=wireguard\n")]),
            ("tun0", &[("type", "65534\n"), ("tun_flags", "0x1001\n")]),
            ("bond0", &[("bonding/", ""), ("uevent", "DEVTYPE=bond\n")]),
            ("eth0.7", &[("uevent", "DEVTYPE=vlan\n")]),
        ];
        assert_eq!(found(all), ["unaddressed0", "wlan0"]);
    }

    #[test]
    fn in_a_container_what_can_be_reached_counts_once() {
        let all: &[(&str, &[(&str, &str)])] = &[
            ("eth0", &[("uevent", "INTERFACE=eth0\n")]),
            ("macvlan0", &[("uevent", "DEVTYPE=macvlan\n")]),
            ("unreachable", &[]),
            ("br0", &[("bridge/", "")]),
            ("tap0", &[("tun_flags", "0x1002\n")]),
            ("sit0", &[("type", "776\n")]),
            ("vxlan0", &[("uevent", "DEVTYPE=vxlan\n")]),
        ];
        assert_eq!(found(all), ["eth0", "macvlan0"]);
    }

    #[test]
    fn where_nothing_tells_of_them_what_can_be_reached_counts() {
        let nothing = TempDir::new().unwrap();
        let names = [(OsStr::new("en0"), true), (OsStr::new("lo0"), false)];
        assert_eq!(counted(nothing.path(), &names), ["en0"]);
    }
}
