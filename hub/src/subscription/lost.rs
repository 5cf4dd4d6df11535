//! What a page of the log says is missing.

use wire::event::GapReason;

use crate::log::Page;

/// What a page says is missing, up to where.
pub(super) struct Lost {
    pub(super) reason: GapReason,
    pub(super) through: u64,
}

impl Lost {
    pub(super) fn of(page: &Page) -> Option<Self> {
        let Page { dropped, damaged, .. } = *page;
        let reason = if damaged > dropped { GapReason::Damaged } else { GapReason::Expired };
        let through = damaged.max(dropped);
        (through > 0).then_some(Self { reason, through })
    }
}
