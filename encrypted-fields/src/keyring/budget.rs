//! Counting what each key seals.
//!
//! AES-GCM with random 96-bit nonces is safe to 2^32 values a key (NIST SP 800-38D, 8.3): a warning at half of that,
//! and no more at the limit. Only this process' seals are counted, unless it is granted seals that were leased from a counter
//! that the processes share ([`DataKey::grant`](super::DataKey::grant)).
//!
//! One counter that every thread writes would cost more than the seal does, so threads count in stripes of their own,
//! and a stripe takes seals from the key's total a lease at a time. The limit is held on the total leased, so it errs
//! on the safe side, by less than `STRIPES * LEASE`.

use std::cell::Cell;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use crate::error::SealReason;
use crate::seal::Algorithm;

/// Values after which a key of AES-256-GCM is due for rotation.
pub(crate) const DUE: u64 = 1 << 31;
/// Values after which a key of AES-256-GCM seals no more.
pub(crate) const LIMIT: u64 = 1 << 32;

const LEASE: u64 = 1024;
const STRIPES: usize = 8;

/// A key of AES-256-GCM nears its limit; told to [`KeyringBuilder::on_budget`](super::KeyringBuilder::on_budget).
///
/// ```
/// use std::sync::Arc;
/// use encrypted_fields::{Algorithm, BudgetEvent, DataKey, Keyring};
///
/// let keyring = Keyring::builder("shop")
///     .primary(DataKey::generate(Algorithm::Aes256Gcm)?)
///     .on_budget(Arc::new(|event| match event {
///         BudgetEvent::Due { key_id, seals } => eprintln!("rotate key {key_id}: {seals} values"),
///         other => eprintln!("{other:?}"),
///     }))
///     .build()?;
/// # let _ = keyring;
/// # Ok::<(), encrypted_fields::KeyError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BudgetEvent {
    /// It has sealed 2^31 values in this process: make a new primary key. Told once a key.
    Due {
        /// The key's id.
        key_id: u32,
        /// About how many values it has sealed.
        seals: u64,
    },
    /// It has sealed 2^32 values in this process, and seals no more. Told once a key.
    Exhausted {
        /// The key's id.
        key_id: u32,
    },
    /// Half of the seals last granted are used up: grant more. Told about every 1,024 seals until then.
    Low {
        /// The key's id.
        key_id: u32,
        /// How many are left.
        left: u64,
    },
}

/// What is called with each event.
pub(crate) type Hook = Arc<dyn Fn(BudgetEvent) + Send + Sync>;

pub(super) struct Budget {
    key_id: u32,
    limited: bool,
    start: u64,
    leased: AtomicU64,
    /// How many seals were granted in all; not limited at first.
    granted: AtomicU64,
    /// From how many on it is told that grants run low.
    low: AtomicU64,
    warned: AtomicBool,
    exhausted: AtomicBool,
    /// What was granted is used up: every seal asks again, until there is more.
    waiting: AtomicBool,
    /// Made at the first seal: most keys of data subjects only open, and this is the largest part of a key.
    stripes: OnceLock<Box<[Stripe; STRIPES]>>,
}

/// On a cache line of its own.
#[derive(Default)]
#[repr(align(64))]
struct Stripe(AtomicU64);

impl Budget {
    pub(super) fn new(key_id: u32, algorithm: Algorithm) -> Self {
        Self::starting_at(0, key_id, algorithm)
    }

    pub(super) fn starting_at(start: u64, key_id: u32, algorithm: Algorithm) -> Self {
        Self {
            key_id,
            limited: algorithm == Algorithm::Aes256Gcm,
            start,
            leased: AtomicU64::new(start),
            granted: AtomicU64::new(u64::MAX),
            low: AtomicU64::new(u64::MAX),
            warned: AtomicBool::new(false),
            exhausted: AtomicBool::new(false),
            waiting: AtomicBool::new(false),
            stripes: OnceLock::new(),
        }
    }

    /// Counts one seal, before it is made.
    #[inline]
    pub(super) fn spend(&self, hook: Option<&Hook>) -> Result<(), SealReason> {
        let Some(stripe) = self.stripes.get_or_init(Box::default).get(stripe()) else { return Ok(()) };
        let spent = stripe.0.fetch_add(1, Relaxed);
        if spent % LEASE == 0 || self.exhausted.load(Relaxed) || self.waiting.load(Relaxed) {
            self.lease(hook).inspect_err(|_| {
                stripe.0.fetch_sub(1, Relaxed);
            })?;
        }
        Ok(())
    }

    /// About how many values this process has sealed under the key.
    pub(super) fn seals(&self) -> u64 {
        self.stripes
            .get()
            .into_iter()
            .flat_map(|stripes| stripes.iter())
            .fold(self.start, |sum, stripe| sum.saturating_add(stripe.0.load(Relaxed)))
    }

    /// Raises what may be sealed in all; never lowers it, so that two who grant at once do no harm.
    pub(super) fn grant(&self, seals: u64) {
        let before = match self.granted.load(Relaxed) {
            u64::MAX => 0,
            before => before,
        };
        if seals < before {
            return;
        }
        self.low.store(before + (seals - before) / 2, Relaxed);
        self.granted.store(seals, Relaxed);
    }

    pub(super) fn exhaust(&self) {
        self.exhausted.store(true, Relaxed);
        self.leased.store(LIMIT, Relaxed);
    }

    #[cold]
    fn lease(&self, hook: Option<&Hook>) -> Result<(), SealReason> {
        let tell = |event| hook.into_iter().for_each(|hook| hook(event));
        let key_id = self.key_id;
        let leased = self.leased.fetch_add(LEASE, Relaxed).saturating_add(LEASE);
        if !self.limited {
            return Ok(());
        }
        if leased > LIMIT {
            // Taken back, so that a program that goes on asking does not wrap the total around.
            self.leased.fetch_sub(LEASE, Relaxed);
            if !self.exhausted.swap(true, Relaxed) {
                tracing::error!(key_id, "key has sealed 2^32 values and seals no more; make a new primary key");
                tell(BudgetEvent::Exhausted { key_id });
            }
            return Err(SealReason::Exhausted { key_id });
        }
        let granted = self.granted.load(Relaxed);
        if leased > self.low.load(Relaxed) {
            tell(BudgetEvent::Low { key_id, left: granted.saturating_sub(leased) });
        }
        if leased > granted {
            self.leased.fetch_sub(LEASE, Relaxed);
            self.waiting.store(true, Relaxed);
            return Err(SealReason::NotLeased { key_id });
        }
        self.waiting.store(false, Relaxed);
        if leased > DUE && !self.warned.swap(true, Relaxed) {
            tracing::warn!(key_id, "key has sealed 2^31 values, half of what AES-256-GCM allows; rotate it");
            tell(BudgetEvent::Due { key_id, seals: self.seals() });
        }
        Ok(())
    }
}

/// The calling thread's stripe.
#[inline]
fn stripe() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static MINE: Cell<usize> = const { Cell::new(usize::MAX) };
    }
    MINE.with(|mine| {
        if mine.get() == usize::MAX {
            mine.set(NEXT.fetch_add(1, Relaxed) % STRIPES);
        }
        mine.get()
    })
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Budget({} seals)", self.seals())
    }
}
