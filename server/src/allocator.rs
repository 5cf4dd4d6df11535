//! Configures the allocator so that freed memory is free for others too.

/// A block of this many bytes is taken from the kernel, and given back to it when it is freed.
#[cfg(target_env = "gnu")]
const LARGE: libc::c_int = 128 * 1024;

/// Has large blocks go back to the kernel at once. By default glibc raises the size from which on they
/// do each time that one is let go, up to 32 MiB; from then on they lie among small ones, and what is
/// free between these is of no use ([decision 15](../../docs/decisions/0015-a-bound-on-memory.md)).
///
/// Called before there is another thread. Another allocator needs to be told nothing.
pub fn give_back_large_blocks() {
    #[cfg(target_env = "gnu")]
    #[expect(unsafe_code, reason = "there is no other way to tell glibc")]
    // SAFETY: it takes two integers; where it does not know them it does nothing.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
    }
}
