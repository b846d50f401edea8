//! How the keys of a running process are.

use serde::Serialize;

use crate::purpose::Purpose;
use crate::record::UnixSeconds;

/// How the keys of a running process are, for a health endpoint: no key and no secret in it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Health {
    /// The generation of the keyset that values are sealed and opened with.
    pub generation: u64,
    /// The data key that seals.
    pub primary: u32,
    /// How many keys of all purposes are loaded.
    pub keys: usize,
    /// When the store last answered and everything was well.
    pub refreshed: UnixSeconds,
    /// Why the last refresh failed, where it did: the snapshot of before is in use.
    pub error: Option<String>,
    /// Keys that came out of a slot that is not the first in the configured order.
    pub fallbacks: Vec<Fallback>,
    /// How many seals all processes have leased under the primary key. 0 where nobody counts, under XAES-256-GCM.
    pub seals_leased: u64,
    /// The primary key has sealed half of what AES-256-GCM allows: make a new one.
    pub rotation_due: bool,
}

impl Health {
    /// Whether there is nothing for an operator to do.
    pub fn is_well(&self) -> bool {
        self.error.is_none() && self.fallbacks.is_empty() && !self.rotation_due
    }
}

/// A key that came out of a fallback slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Fallback {
    /// What it is for.
    #[serde(serialize_with = "display")]
    pub purpose: Purpose,
    /// The key.
    pub key_id: u32,
    /// The KEK that opened it.
    pub kek: String,
    /// What those before it said.
    pub failures: Vec<String>,
}

fn display<S: serde::Serializer>(value: &Purpose, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}
