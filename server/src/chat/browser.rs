//! Browsers: a request's cookies go in, which browser it is comes out; and a room, the mark of what it says
//! there.
//!
//! ```text
//! cookie → id ─┐
//! server's key ┼→ HMAC → mark → the topic `here/{room}/{mark}` of the event
//! room ────────┘
//! ```
//!
//! A mark stands in a topic that only the server publishes to, and not in the message, which whoever may
//! publish to the room writes as they like (docs/decisions/0017).

use app::chat::mark_topic;
use axum::http::{HeaderMap, HeaderValue};
use data_encoding::{BASE32_DNSSEC, HEXLOWER};
use rustix::rand::{GetRandomFlags, getrandom};

use super::{
    cookie::{self, SameSite},
    rooms::Room,
};
use crate::{event::Topic, token::Secret};

/// The cookie that holds a browser's id.
const BROWSER_COOKIE: &str = "belfry-browser";

/// What the marks' key is derived for.
pub(crate) const PURPOSE: &str = "belfry sender marks";

/// Random bytes of an id.
const ID_BYTES: usize = 16;

/// Bytes of a mark: nobody finds another id of the same in so many.
const MARK_BYTES: usize = 8;

/// A browser, by the random id that the server gave it. No page and no script is told the id.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Browser {
    id: String,
    is_new: bool,
}

impl Browser {
    /// The browser in a request's cookies; a new one where there is none. `None` where there is none and
    /// the operating system has nothing random.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        Self::known(headers).or_else(|| {
            let mut id = [0; ID_BYTES];
            let length = getrandom(&mut id, GetRandomFlags::empty()).ok()?;
            (length == ID_BYTES).then(|| Self { id: HEXLOWER.encode(&id), is_new: true })
        })
    }

    /// The browser in a request's cookies.
    pub(super) fn known(headers: &HeaderMap) -> Option<Self> {
        let id = cookie::find(headers, BROWSER_COOKIE)?;
        let id = HEXLOWER.decode(id).ok().filter(|id| id.len() == ID_BYTES)?;
        Some(Self { id: HEXLOWER.encode(&id), is_new: false })
    }

    /// What tells it from others on this server alone.
    pub(super) fn into_id(self) -> String {
        self.id
    }

    /// What has it keep its id for a year from now.
    pub(super) fn keeping(&self, headers: &HeaderMap) -> HeaderValue {
        cookie::keeping(BROWSER_COOKIE, &self.id, SameSite::Lax, headers)
    }

    /// The same where it has none yet.
    pub(crate) fn keeping_if_new(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        self.is_new.then(|| self.keeping(headers))
    }
}

/// Makes marks.
#[derive(Clone, Debug)]
pub(super) struct Marks(Secret);

impl Marks {
    pub(super) fn new(key: Secret) -> Self {
        Self(key)
    }

    /// The mark of a browser in a room: 64 bits of an HMAC with SHA-256, in lower-case letters and
    /// digits. Another room's tells nothing of it.
    pub(super) fn of(&self, room: &Room, Browser { id, .. }: &Browser) -> String {
        // Neither holds a NUL.
        let mac = self.0.mac(format!("{}\0{id}", room.name()).as_bytes());
        BASE32_DNSSEC.encode(&mac[..MARK_BYTES])
    }

    /// The topic that says so.
    pub(super) fn topic(&self, room: &Room, browser: &Browser) -> Option<Topic> {
        Topic::new(&mark_topic(room.name(), &self.of(room, browser))).ok()
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header::COOKIE;

    use super::*;

    fn with(cookie: &str) -> HeaderMap {
        HeaderMap::from_iter([(COOKIE, HeaderValue::from_str(cookie).unwrap())])
    }

    #[test]
    fn a_browser_is_known_by_its_cookie() {
        let first = Browser::of(&HeaderMap::new()).unwrap();
        let cookie = first.keeping_if_new(&HeaderMap::new()).unwrap();
        let cookie = cookie.to_str().unwrap();
        assert_eq!(
            cookie.split_once("; ").unwrap().1,
            "Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax"
        );
        let again = Browser::of(&with(&format!("x=1; {}", cookie.split(';').next().unwrap())));
        let again = again.unwrap();
        assert_eq!((&again.id, again.keeping_if_new(&HeaderMap::new())), (&first.id, None));
        assert!(Browser::of(&HeaderMap::new()).unwrap() != first);
        let short = "0".repeat(31);
        let long = "0".repeat(34);
        for none in ["", "x", &short, &long, &"g".repeat(32), &"A".repeat(32), "é"] {
            assert!(Browser::known(&with(&format!("belfry-browser={none}"))).is_none(), "{none}");
        }
    }

    #[test]
    fn a_mark_is_of_the_key_the_room_and_the_browser() {
        let marks = |key| Marks::new(Secret::new([key; 32]).unwrap());
        let room = |name| Room::new(name).unwrap();
        let browser = |digit: char| Browser { id: digit.to_string().repeat(32), is_new: false };
        let mark = marks(b'k').of(&room("lobby"), &browser('a'));
        assert_eq!((mark.len(), &*mark), (13, &*marks(b'k').of(&room("lobby"), &browser('a'))));
        assert!(mark.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()));
        assert_ne!(mark, marks(b'l').of(&room("lobby"), &browser('a')));
        assert_ne!(mark, marks(b'k').of(&room("team"), &browser('a')));
        assert_ne!(mark, marks(b'k').of(&room("lobby"), &browser('b')));
        let longest = room(&"天".repeat(21));
        let topic = marks(b'k').topic(&longest, &browser('a')).unwrap();
        assert!(topic.is_servers_own(), "{topic}");
    }
}
