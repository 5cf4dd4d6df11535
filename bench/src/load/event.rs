//! An event of the load: a number in its data, by which a reader knows it again.

use crate::Result;

/// Bytes of an event's data.
pub(crate) const DATA_LENGTH: usize = 64;
/// Stands before the number, and nowhere else in what a server sends.
pub(super) const MARK: u8 = b'~';
/// Of the event's number, and of the topic's.
pub(super) const DIGITS: usize = 10;

/// The name of a topic: all are of the same length.
pub(crate) fn topic(number: usize) -> String {
    format!("bench-{number:0DIGITS$}")
}

/// A request to publish, in which topic and number are replaced.
#[derive(Clone)]
pub(super) struct Draft {
    bytes: Vec<u8>,
    topic_at: usize,
    number_at: usize,
}

impl Draft {
    /// From what makes a request of a topic and data.
    pub(super) fn new(request: impl Fn(&str, &str) -> Vec<u8>) -> Result<Self> {
        let name = topic(0);
        let data = format!("{}{:0DIGITS$}", char::from(MARK), 0);
        let bytes = request(&name, &format!("{data:.<DATA_LENGTH$}"));
        let at = |text: &str| memchr::memmem::find(&bytes, text.as_bytes());
        let topic_at = at(&name).ok_or("the topic is not in the request")?;
        let number_at = at(&data).ok_or("the data are not in the request")?;
        let (topic_at, number_at) = (topic_at + name.len() - DIGITS, number_at + 1);
        Ok(Self { bytes, topic_at, number_at })
    }

    /// The request for this event.
    pub(super) fn fill(&mut self, topic: usize, number: u64) -> &[u8] {
        write_digits(&mut self.bytes[self.topic_at..][..DIGITS], topic as u64);
        write_digits(&mut self.bytes[self.number_at..][..DIGITS], number);
        &self.bytes
    }
}

fn write_digits(digits: &mut [u8], mut number: u64) {
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// The number of the event whose mark has just been read; none if the rest is in the next piece.
pub(super) fn number(after_mark: &[u8]) -> Option<u64> {
    let digits = after_mark.get(..DIGITS)?;
    Some(digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit.wrapping_sub(b'0'))))
}

#[cfg(test)]
mod tests {
    use super::{DATA_LENGTH, Draft, number};

    #[test]
    fn a_request_has_the_topic_and_the_number() {
        let request = |topic: &str, data: &str| format!("POST /{topic} {data}").into_bytes();
        let mut draft = Draft::new(request).unwrap();
        let text = String::from_utf8(draft.fill(1234, 98_765).to_vec()).unwrap();
        let (head, data) = text.split_once('~').unwrap();
        assert_eq!(head, "POST /bench-0000001234 ");
        assert_eq!(data.len() + 1, DATA_LENGTH);
        assert_eq!(number(data.as_bytes()), Some(98_765));
        assert_eq!(number(&data.as_bytes()[..9]), None);
    }
}
