//! What is in memory: so many subjects, for so long.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use encrypted_fields::Keyring;

/// What is known of a subject.
#[derive(Clone)]
pub(super) enum State {
    Held(Keyring),
    /// When, in Unix seconds.
    Erased(i64),
    /// Why, and what to do. Never cached.
    Unusable(&'static str),
}

pub(super) struct Cache {
    held: quick_cache::sync::Cache<Box<[u8]>, Cached>,
    ttl: Duration,
    /// How often something was evicted: who reads the database meanwhile may have read what is no longer so.
    evictions: AtomicU64,
    swept: Mutex<Instant>,
}

#[derive(Clone)]
struct Cached {
    state: State,
    until: Instant,
}

impl Cache {
    pub(super) fn new(capacity: usize, ttl: Duration) -> Self {
        // Each part holds its share and rounds it up, so the whole is rounded down to as many.
        let shards = if capacity < SHARDS * SHARE { 1 } else { SHARDS };
        let capacity = (capacity / shards * shards).max(1);
        let options = quick_cache::OptionsBuilder::new()
            .estimated_items_capacity(capacity)
            .weight_capacity(u64::try_from(capacity).unwrap_or(u64::MAX))
            .shards(shards)
            .build()
            .expect("both capacities are given");
        let held = quick_cache::sync::Cache::with_options(
            options,
            quick_cache::UnitWeighter,
            quick_cache::DefaultHashBuilder::default(),
            quick_cache::sync::DefaultLifecycle::default(),
        );
        Self { held, ttl, evictions: AtomicU64::new(0), swept: Mutex::new(Instant::now()) }
    }

    pub(super) fn get(&self, subject: &[u8]) -> Option<State> {
        let cached = self.held.get(subject)?;
        if cached.until > Instant::now() {
            return Some(cached.state);
        }
        self.held.remove_if(subject, |cached| cached.until <= Instant::now());
        None
    }

    /// Before the database is read: what is read is put in with it.
    pub(super) fn reading(&self) -> Reading {
        Reading(self.evictions.load(SeqCst))
    }

    /// Puts in what was read, unless something was evicted since: it may have been erased after it was read.
    pub(super) fn put(&self, reading: &Reading, states: Vec<(Vec<u8>, State)>) {
        self.sweep();
        let until = Instant::now() + self.ttl;
        let put = states.len();
        for (subject, state) in states {
            if !matches!(state, State::Unusable(_)) {
                self.held.insert(subject.into_boxed_slice(), Cached { state, until });
            }
        }
        if put > 0 && self.evictions.load(SeqCst) != reading.0 {
            // Rare enough to forget more than need be.
            self.held.clear();
        }
    }

    pub(super) fn evict(&self, subject: &[u8]) {
        self.evictions.fetch_add(1, SeqCst);
        self.held.remove(subject);
    }

    pub(super) fn evict_all(&self) {
        self.evictions.fetch_add(1, SeqCst);
        self.held.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.held.len()
    }

    /// Keys that nobody asks for leave memory too, once in a lifetime.
    fn sweep(&self) {
        let now = Instant::now();
        {
            let Ok(mut swept) = self.swept.try_lock() else { return };
            if now.duration_since(*swept) < self.ttl {
                return;
            }
            *swept = now;
        }
        self.held.retain(|_, cached| cached.until > now);
    }
}

/// See [`Cache::reading`].
pub(super) struct Reading(u64);

/// Parts that lock on their own, and how many subjects are worth one.
const SHARDS: usize = 16;
const SHARE: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn put(cache: &Cache, reading: &Reading, subject: &[u8]) {
        cache.put(reading, vec![(subject.to_vec(), State::Erased(7))]);
    }

    #[test]
    fn it_holds_no_more_than_it_may() {
        for capacity in [1, 10, 511, 1000, 4001] {
            let cache = Cache::new(capacity, Duration::from_secs(60));
            for subject in 0..5_000_u32 {
                put(&cache, &cache.reading(), &subject.to_be_bytes());
                assert!(cache.len() <= capacity, "{} of {capacity}", cache.len());
            }
        }
    }

    #[test]
    fn what_is_too_old_is_not_given_and_leaves_memory() {
        let cache = Cache::new(10, Duration::from_millis(20));
        put(&cache, &cache.reading(), b"one");
        put(&cache, &cache.reading(), b"two");
        assert!(cache.get(b"one").is_some());
        std::thread::sleep(Duration::from_millis(30));
        assert!(cache.get(b"one").is_none());
        put(&cache, &cache.reading(), b"three");
        assert_eq!(cache.len(), 1);
    }

    #[test]
    fn what_was_read_before_an_eviction_is_not_kept() {
        let cache = Cache::new(10, Duration::from_secs(60));
        let reading = cache.reading();
        cache.evict(b"one");
        put(&cache, &reading, b"one");
        assert!(cache.get(b"one").is_none());
        put(&cache, &cache.reading(), b"one");
        cache.evict_all();
        assert_eq!(cache.len(), 0);
    }
}
