//! Leasing seals ahead, so that the processes of a program share one nonce budget and a crash loses no count.
//!
//! AES-GCM with random 96-bit nonces is safe to 2^32 values a key (NIST SP 800-38D, 8.3). A process takes 2^20 seals from the
//! key's counter in the store before it makes one of them; what it leases and does not use is lost, which errs on the safe
//! side. Half-way through a lease the next is fetched beside the traffic, and a lease that lasted less than ten seconds is
//! followed by one twice as long, so that sealing waits for nobody.

use std::time::{Duration, Instant};

use encrypted_fields::{Algorithm, DataKey};

use crate::error::KeysError;
use crate::keyset::Counter;
use crate::manager::{KeyManager, Verified};
use crate::store::StoreError;

/// Seals a lease, at first.
pub(crate) const LEASE: u64 = 1 << 20;
/// The longest lease: 64 of them are a key.
const LONGEST: u64 = 1 << 26;
/// Values after which a key of AES-256-GCM is due for rotation.
pub(crate) const DUE: u64 = 1 << 31;
/// Values after which a key of AES-256-GCM seals no more.
pub(crate) const LIMIT: u64 = 1 << 32;
/// A lease that is used up faster is too short.
const TOO_FAST: Duration = Duration::from_secs(10);
/// How often a lease is tried anew when another process was faster.
const TRIES: usize = 64;

/// What this process holds of one key's budget.
#[derive(Debug, Default)]
pub(crate) struct Lease {
    /// Granted to this process in all.
    granted: u64,
    /// The store's counter when it was last seen.
    pub(crate) counted: u64,
    /// Up to which count events were told.
    pub(crate) told: u64,
    size: u64,
    last: Option<Instant>,
}

impl Lease {
    /// Whether the key's counter matters: the nonces of XAES-256-GCM are long enough that nobody counts.
    pub(crate) fn is_needed(key: &DataKey) -> bool {
        key.algorithm() == Algorithm::Aes256Gcm
    }

    /// Whether half of what was granted is used up.
    pub(crate) fn is_low(&self, key: &DataKey) -> bool {
        let left = self.granted.saturating_sub(key.seals());
        self.granted == 0 || left <= self.size / 2
    }

    /// Takes seals from the counter and grants them to the key.
    pub(crate) async fn renew(
        &mut self,
        manager: &KeyManager,
        verified: &Verified,
        key: &DataKey,
    ) -> Result<(), KeysError> {
        if self.granted == 0 {
            // Nothing until something is leased.
            key.grant(0);
        }
        let (application, tenant, key_id) = (manager.application.as_str(), manager.tenant.as_str(), key.id());
        let wrong = |what| KeysError::Counter { key_id, what };
        let fast = self.last.is_some_and(|last| last.elapsed() < TOO_FAST);
        let size = if fast { (self.size * 2).min(LONGEST) } else { LEASE };
        for _ in 0..TRIES {
            let counter = manager.store.counter(application, tenant, key_id).await?.ok_or(wrong("gone"))?;
            if counter.key_id != key_id || !counter.verify(&verified.root, application, tenant) {
                return Err(wrong("not what was written"));
            }
            if counter.seals < self.counted {
                return Err(wrong("lower than it was"));
            }
            self.counted = counter.seals;
            let take = size.min(LIMIT.saturating_sub(counter.seals));
            if take == 0 {
                key.exhaust();
                return Ok(());
            }
            let next = Counter::new(&verified.root, application, tenant, key_id, counter.seals + take);
            match manager.store.replace_counter(application, tenant, Some(counter.seals), &next).await {
                Ok(()) => {
                    self.counted = next.seals;
                    self.granted += take;
                    self.size = take;
                    self.last = Some(Instant::now());
                    key.grant(self.granted);
                    return Ok(());
                }
                Err(StoreError::Conflict) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Err(StoreError::Conflict.into())
    }
}

impl KeyManager {
    /// Takes seals from a key's counter and gives them to nobody, for tests of what happens near the limit.
    #[doc(hidden)]
    pub async fn lease_for_test(&self, key_id: u32, seals: u64) -> Result<(), KeysError> {
        let (verified, application, tenant) = (self.verified().await?, self.application.as_str(), self.tenant.as_str());
        let next = Counter::new(&verified.root, application, tenant, key_id, seals);
        let counter = self.store.counter(application, tenant, key_id).await?;
        Ok(self.store.replace_counter(application, tenant, counter.map(|it| it.seals), &next).await?)
    }
}
