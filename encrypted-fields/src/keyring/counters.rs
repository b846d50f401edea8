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
            OpenReason::Erased => "erased",
            OpenReason::NotLoaded => "not_loaded",
            OpenReason::ScopeKey(_) => "scope_key",
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

#[cfg(all(test, feature = "metrics"))]
mod tests {
    use std::collections::HashMap;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use std::sync::{Arc, Mutex};

    use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};

    /// Keeps counters by name and labels.
    #[derive(Default)]
    struct Counters(Mutex<HashMap<String, Arc<AtomicU64>>>);

    impl Counters {
        fn of(&self, name: &str) -> u64 {
            self.0.lock().expect("no test panics with it").get(name).map_or(0, |counter| counter.load(Relaxed))
        }
    }

    impl Recorder for Counters {
        fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

        fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
            let labels: Vec<_> = key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
            let name = format!("{} {}", key.name(), labels.join(" "));
            Counter::from_arc(
                self.0.lock().expect("no test panics with it").entry(name.trim_end().to_owned()).or_default().clone(),
            )
        }

        fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
            Gauge::noop()
        }

        fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
            Histogram::noop()
        }
    }

    #[test]
    fn seals_and_opens_are_told_in_batches_and_failures_at_once() {
        let counters = Counters::default();
        let keyring = crate::testing::keyring();
        let run = || {
            for told in [0, 64, 128] {
                assert_eq!(counters.of("encrypted_fields_seals_total"), told);
                assert_eq!(counters.of("encrypted_fields_opens_total"), told);
                for _ in 0..64 {
                    let wire = keyring.seal_raw(b"here", b"value").unwrap();
                    keyring.open_raw(b"here", &wire, &mut Vec::new()).unwrap();
                }
            }
            let wire = keyring.seal_raw(b"here", b"value").unwrap();
            keyring.open_raw(b"elsewhere", &wire, &mut Vec::new()).unwrap_err();
            keyring.open_raw(b"here", &[], &mut Vec::new()).unwrap_err();
            crate::testing::keyring().open_raw(b"here", &wire, &mut Vec::new()).unwrap_err();
        };
        // On a thread of its own, which has no batch begun.
        std::thread::scope(|scope| {
            let told = scope.spawn(|| metrics::with_local_recorder(&counters, run));
            told.join().unwrap();
        });
        for reason in ["authentication", "malformed", "unknown_key"] {
            assert_eq!(counters.of(&format!("encrypted_fields_open_failures_total reason={reason}")), 1, "{reason}");
        }
        assert_eq!(counters.of("encrypted_fields_opens_total"), 192);
    }
}
