//! Counters through the `metrics` facade (feature `metrics`); without it nothing is counted here.
//!
//! `encrypted_fields_seals_total`, `encrypted_fields_opens_total`, `encrypted_fields_open_failures_total{reason}`. Seals
//! and opens are told in batches of a thread, and the rest when the thread ends; failures at once.

use crate::error::OpenReason;

#[cfg(feature = "metrics")]
pub(super) use told::{opened, sealed};

#[cfg(not(feature = "metrics"))]
#[inline(always)]
pub(super) fn sealed() {}

#[cfg(not(feature = "metrics"))]
#[inline(always)]
pub(super) fn opened(_: Option<&OpenReason>) {}

#[cfg(feature = "metrics")]
mod told {
    use std::cell::Cell;

    use super::OpenReason;

    /// How many a thread counts before it tells them.
    const BATCH: u64 = 64;

    #[derive(Default)]
    struct Batch {
        seals: Cell<u64>,
        opens: Cell<u64>,
    }

    thread_local! {
        static BATCHES: Batch = const { Batch { seals: Cell::new(0), opens: Cell::new(0) } };
    }

    #[inline]
    pub(in super::super) fn sealed() {
        // A thread that is ending has told its batch; one value more is not worth a panic.
        let _ = BATCHES.try_with(|batch| count(&batch.seals, "encrypted_fields_seals_total"));
    }

    #[inline]
    pub(in super::super) fn opened(failure: Option<&OpenReason>) {
        match failure {
            None => {
                let _ = BATCHES.try_with(|batch| count(&batch.opens, "encrypted_fields_opens_total"));
            }
            Some(reason) => failed(reason),
        }
    }

    #[inline]
    fn count(counter: &Cell<u64>, name: &'static str) {
        counter.set(counter.get() + 1);
        if counter.get() >= BATCH {
            tell(counter, name);
        }
    }

    #[cold]
    fn tell(counter: &Cell<u64>, name: &'static str) {
        metrics::counter!(name).increment(counter.take());
    }

    #[cold]
    fn failed(reason: &OpenReason) {
        let reason = match reason {
            OpenReason::UnknownKey { .. } => "unknown_key",
            OpenReason::DisabledKey { .. } => "disabled_key",
            OpenReason::UnknownScope => "unknown_scope",
            OpenReason::Authentication { .. } => "authentication",
            OpenReason::Malformed(_) => "malformed",
            _ => "other",
        };
        metrics::counter!("encrypted_fields_open_failures_total", "reason" => reason).increment(1);
    }

    impl Drop for Batch {
        fn drop(&mut self) {
            tell(&self.seals, "encrypted_fields_seals_total");
            tell(&self.opens, "encrypted_fields_opens_total");
        }
    }
}
