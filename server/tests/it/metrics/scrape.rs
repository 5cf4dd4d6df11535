//! A strict reader of both text formats, by the specification of each.

use std::collections::{BTreeMap, BTreeSet};

/// What a scraper reads.
#[derive(Debug, Default)]
pub(crate) struct Scraped {
    /// The value of each sample, by its name and labels.
    pub(crate) samples: BTreeMap<String, f64>,
    /// The type of each family. In the plain format a counter is here by the same name as in OpenMetrics.
    pub(crate) families: BTreeMap<String, String>,
}

impl Scraped {
    /// The value of a sample, such as `belfry_gaps_total{reason="epoch"}`, of all listeners together; 0 where
    /// there is none.
    pub(crate) fn value(&self, sample: &str) -> f64 {
        self.samples
            .iter()
            .filter(|(name, _)| anywhere(name) == sample)
            .map(|(_, value)| value)
            .sum()
    }
}

/// The same sample, whichever listener it is of.
pub(super) fn anywhere(sample: &str) -> String {
    let Some((before, rest)) = sample.split_once("listener=\"") else { return sample.to_owned() };
    let (_, after) = rest.split_once("\",").unwrap();
    format!("{before}{after}")
}

/// Reads metrics in either format, and checks all that is asked of it.
pub(crate) fn scrape(text: &str) -> Scraped {
    let is_open = text.ends_with("# EOF\n");
    let mut scraped = Scraped::default();
    let (mut lines, mut family) = (text.lines().peekable(), String::new());
    let mut helped = BTreeSet::new();
    while let Some(line) = lines.next() {
        if line == "# EOF" {
            assert_eq!(lines.next(), None, "something follows the end");
            break;
        }
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, sentence) = help.split_once(' ').unwrap();
            assert!(sentence.ends_with('.') && sentence.len() > 10, "{line}");
            assert!(is_name(name) && helped.insert(name.to_owned()), "{line}");
            let described = lines.next().and_then(|line| line.strip_prefix("# TYPE "));
            let (same, kind) = described.and_then(|line| line.split_once(' ')).unwrap();
            assert_eq!(same, name, "HELP and TYPE are of different families");
            family = match kind {
                "counter" if !is_open => name.strip_suffix("_total").unwrap().to_owned(),
                "gauge" if !is_open => name.strip_suffix("_info").unwrap_or(name).to_owned(),
                _ => name.to_owned(),
            };
            scraped.families.insert(family.clone(), kind.to_owned());
            if let Some(unit) = lines.next_if(|line| line.starts_with("# UNIT ")) {
                let (same, unit) = unit["# UNIT ".len()..].split_once(' ').unwrap();
                assert!(is_open && same == name && name.ends_with(&format!("_{unit}")), "{line}");
            }
            continue;
        }
        let (sample, value) = line.rsplit_once(' ').unwrap();
        let name = sample.split('{').next().unwrap();
        let suffix = name.strip_prefix(&*family).unwrap_or_else(|| panic!("{line} in {family}"));
        let suffixes: &[&str] = match &*scraped.families[&family] {
            "counter" => &["_total"],
            "histogram" => &["_bucket", "_count", "_sum"],
            "info" => &["_info"],
            "gauge" if !is_open => &["", "_info"],
            "gauge" => &[""],
            other => panic!("{other} is no type"),
        };
        assert!(suffixes.contains(&suffix), "{line}");
        check_labels(&sample[name.len()..]);
        let value: f64 = value.parse().unwrap();
        assert!(value >= 0.0, "{line}");
        // One format writes the bounds of buckets as 1.0, the other as 1.
        let is_bucket = sample.contains("{le=\"");
        let sample = if is_bucket { sample.replace(".0\"}", "\"}") } else { sample.to_owned() };
        assert_eq!(scraped.samples.insert(sample.clone(), value), None, "{sample} is there twice");
    }
    check_histograms(&scraped);
    scraped
}

fn is_name(name: &str) -> bool {
    let of_words = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    name.bytes().all(of_words) && !name.starts_with(|first: char| first.is_ascii_digit())
}

/// `{name="value",…}`, or nothing.
fn check_labels(labels: &str) {
    if labels.is_empty() {
        return;
    }
    let inner = labels.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap();
    for label in inner.split("\",") {
        let (name, value) = label.split_once("=\"").unwrap();
        let value = value.trim_end_matches('"');
        assert!(is_name(name) && !value.contains(['"', '\n', '\\']), "{labels}");
    }
}

/// Buckets rise, and the last holds everything.
fn check_histograms(scraped: &Scraped) {
    for (family, _) in scraped.families.iter().filter(|(_, kind)| *kind == "histogram") {
        let begin = format!("{family}_bucket{{le=\"");
        let mut buckets: Vec<(f64, f64)> = scraped
            .samples
            .iter()
            .filter_map(|(name, count)| Some((name.strip_prefix(&begin)?, *count)))
            .map(|(bound, count)| (bound.trim_end_matches("\"}").parse().unwrap(), count))
            .collect();
        buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
        assert!(buckets.is_sorted_by(|one, other| one.1 <= other.1), "{family}");
        let last = buckets.last().unwrap();
        assert_eq!(*last, (f64::INFINITY, scraped.value(&format!("{family}_count"))), "{family}");
        assert!(scraped.samples.contains_key(&format!("{family}_sum")), "{family}");
    }
}
