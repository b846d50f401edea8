//! Noticing `fork`.

#[cfg(unix)]
pub(super) use unix::{generation, watch};

#[cfg(not(unix))]
pub(super) fn generation() -> u64 {
    0
}

#[cfg(not(unix))]
pub(super) fn watch() -> bool {
    true
}

#[cfg(unix)]
#[allow(unsafe_code, reason = "pthread_atfork is the only way to be told of a fork")]
mod unix {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static GENERATION: AtomicU64 = AtomicU64::new(1);

    /// Rises in each child of `fork`.
    #[inline]
    pub(in super::super) fn generation() -> u64 {
        GENERATION.load(Ordering::Relaxed)
    }

    /// Installs the handler, once. `false`: the system refused, and forks go unnoticed.
    pub(in super::super) fn watch() -> bool {
        static INSTALLED: OnceLock<bool> = OnceLock::new();
        // SAFETY: `in_child` is a function, so it outlives the process' use of it, and does nothing that is not
        // async-signal-safe: one atomic addition. `pthread_atfork` has no other requirement.
        *INSTALLED.get_or_init(|| unsafe { libc::pthread_atfork(None, None, Some(in_child)) } == 0)
    }

    /// Runs in the child, on its only thread, before `fork` returns there.
    extern "C" fn in_child() {
        GENERATION.fetch_add(1, Ordering::Relaxed);
    }
}
