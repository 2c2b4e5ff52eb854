//! How many bytes a piece of work asks of the allocator.

use anyhow::Result;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The allocator of the system, which also adds up what it is asked for.
struct Counted;

static BYTES: AtomicU64 = AtomicU64::new(0);

#[global_allocator]
static ALLOCATOR: Counted = Counted;

// SAFETY: everything is done by the system's allocator, under the conditions that are its own.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BYTES.fetch_add(layout.size() as u64, Relaxed);
        // SAFETY: the caller's promise is handed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is handed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// The bytes that all threads ask for during this work.
pub(super) fn during(work: impl FnOnce() -> Result<()>) -> Result<u64> {
    let before = BYTES.load(Relaxed);
    work()?;
    Ok(BYTES.load(Relaxed) - before)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hint::black_box;

    #[test]
    fn what_is_allocated_is_counted() {
        let bytes = during(|| {
            black_box(vec![1_u8; 1000]);
            Ok(())
        });
        assert!(bytes.unwrap() >= 1000);
    }
}
