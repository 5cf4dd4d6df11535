//! Whose the things are that this tab keeps across loads, and when they are forgotten.

use wire::{identity::Identity, tick::Tick};

use crate::{
    browser::tab_storage::{clear, keep, kept},
    chat,
    visitor::identity::{Change, change},
};

/// Whose the rest is, see [`Identity::mark`].
const OWNER: &str = "belfry-owner";

/// When their token ends, in microseconds since the Unix epoch.
const UNTIL: &str = "belfry-owner-until";

/// Forgets what another person has left in this tab: drafts, and what they said that is not sent. Called in
/// every tab when a page begins, and where the identity changes without a reload; `now`: microseconds since
/// the Unix epoch on the server's clock. Signing out forgets as well. What was begun before signing in
/// stays, and what stood there when a token ended stays for its owner.
pub fn belong_to(identity: &Identity, now: i64) {
    chat::is(identity.mark.clone());
    let until = kept(UNTIL).and_then(|until| until.parse().ok());
    let owner = Identity {
        mark: kept(OWNER).unwrap_or_default(),
        until: until.map(Tick::from_micros),
        ..Identity::default()
    };
    match change(&owner, &identity.mark, now) {
        Change::Ended => return,
        Change::Another if !owner.mark.is_empty() => {
            clear();
            chat::forgotten();
        }
        Change::Another | Change::Nothing => {}
    }
    keep(OWNER, &identity.mark);
    keep(UNTIL, &identity.until.map(|until| until.micros().to_string()).unwrap_or_default());
}
