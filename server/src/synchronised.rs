//! Asks the kernel whether the clock of this machine is synchronised.

use belfry_hub::Clock;

/// Whether the kernel considers this clock synchronised; `None` if it cannot be asked.
pub(crate) fn synchronised(clock: &Clock) -> Option<bool> {
    if clock.is_system() { kernel_says_synchronised() } else { None }
}

/// Asks `adjtimex(2)`; `None` where that is not allowed.
fn kernel_says_synchronised() -> Option<bool> {
    // SAFETY: `timex` is plain integers, for which all zeroes is a value; `modes: 0` only reads.
    #[expect(unsafe_code, reason = "no well-kept crate wraps adjtimex")]
    let state = unsafe {
        let mut timex: libc::timex = std::mem::zeroed();
        libc::adjtimex(&raw mut timex)
    };
    (state >= 0).then_some(state != libc::TIME_ERROR)
}
