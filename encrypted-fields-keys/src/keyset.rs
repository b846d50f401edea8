//! A keyset: the keys of one application and tenant, as they are stored, under one MAC.
//!
//! The store is not trusted. Whoever writes the database must not be able to insert a key of his own, make an old key
//! primary again, swap slots or take a tombstone away, so the whole of a keyset is authenticated by its store root, which
//! only a KEK unwraps:
//!
//! ```text
//! HMAC-SHA256(store root, "keyset",
//!   01 | application | tenant | generation u64 | count u32 | keys, sorted by purpose and id)
//! ```
//!
//! The generation rises with each change. A process refuses one that is older than what it has seen, or as old and
//! different. A process that has just started has seen nothing: it takes a rolled-back store for the newest, unless it is
//! told the least generation.

use encrypted_fields::RootKey;

use crate::purpose::Purpose;
use crate::record::{KeyRecord, StoredState, UnixSeconds, count, length_prefixed};

/// The keys of one application and tenant, as they are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyset {
    /// The application's name, bound to every value.
    pub application: String,
    /// The tenant, or empty.
    pub tenant: String,
    /// How often it was changed.
    pub generation: u64,
    /// Sorted by purpose and id.
    pub keys: Vec<KeyRecord>,
    /// Over all of the above.
    pub mac: Vec<u8>,
}

const MAC_LABEL: &str = "keyset";

/// Why stored bytes are not taken for a keyset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Distrust {
    /// A record, a slot, a state or a date is not what was written.
    #[error(
        "the key store was changed by something that is not this library: its MAC does not verify. Restore the key store \
         from a backup, and find out who writes to it"
    )]
    Altered,
    /// It is older than what this process has seen, or than the pinned least generation.
    #[error(
        "the key store went back: it has generation {found}, and generation {seen} was seen before. Restore the newer one; \
         if this one was restored on purpose, start with the least generation set to {found}"
    )]
    RolledBack {
        /// Stored now.
        found: u64,
        /// Seen before, or pinned.
        seen: u64,
    },
    /// The same generation with another content.
    #[error("the key store has generation {generation} twice, with different content: two stores were written apart")]
    Forked {
        /// The generation.
        generation: u64,
    },
    /// Something that no operation of this library writes.
    #[error("the key store holds {0}")]
    Nonsense(String),
}

impl Keyset {
    /// A keyset of nothing.
    pub(crate) fn new(application: &str, tenant: &str) -> Self {
        let (application, tenant) = (application.to_owned(), tenant.to_owned());
        Self { application, tenant, generation: 0, keys: Vec::new(), mac: Vec::new() }
    }

    /// A key by its id. Ids of different purposes may be equal, and practically never are.
    pub fn key(&self, purpose: Purpose, id: u32) -> Option<&KeyRecord> {
        self.keys.iter().find(|key| key.purpose == purpose && key.id == id)
    }

    /// The primary key of a purpose.
    pub fn primary(&self, purpose: Purpose) -> Option<&KeyRecord> {
        self.of(purpose).find(|key| key.state == StoredState::Primary)
    }

    /// The keys of a purpose.
    pub fn of(&self, purpose: Purpose) -> impl Iterator<Item = &KeyRecord> {
        self.keys.iter().filter(move |key| key.purpose == purpose)
    }

    pub(crate) fn key_mut(&mut self, purpose: Purpose, id: u32) -> Option<&mut KeyRecord> {
        self.keys.iter_mut().find(|key| key.purpose == purpose && key.id == id)
    }

    pub(crate) fn insert(&mut self, record: KeyRecord) {
        self.keys.push(record);
        self.keys.sort_by_key(|key| (key.purpose, key.id));
    }

    /// Makes a key primary, and the one of before decrypt-only.
    pub(crate) fn promote(&mut self, purpose: Purpose, id: u32, now: UnixSeconds) {
        for key in self.keys.iter_mut().filter(|key| key.purpose == purpose) {
            if key.id == id {
                key.state = StoredState::Primary;
                key.activated.get_or_insert(now);
                key.retired = None;
            } else if key.state == StoredState::Primary {
                key.state = StoredState::DecryptOnly;
                key.retired = Some(now);
            }
        }
    }

    /// The next generation, authenticated.
    pub(crate) fn sealed(mut self, root: &RootKey) -> Self {
        self.generation += 1;
        self.mac = root.mac(MAC_LABEL, &self.canonical()).to_vec();
        self
    }

    /// Whether it is what the library wrote.
    pub(crate) fn verify(&self, root: &RootKey) -> Result<(), Distrust> {
        if root.verify(MAC_LABEL, &self.canonical(), &self.mac) { Ok(()) } else { Err(Distrust::Altered) }
    }

    /// Whether it may follow what was seen before.
    pub(crate) fn follows(&self, seen: &Self) -> Result<(), Distrust> {
        let (found, seen_generation) = (self.generation, seen.generation);
        if found < seen_generation {
            return Err(Distrust::RolledBack { found, seen: seen_generation });
        }
        if found == seen_generation && self != seen {
            return Err(Distrust::Forked { generation: found });
        }
        Ok(())
    }

    fn canonical(&self) -> Vec<u8> {
        let mut bytes = vec![1];
        length_prefixed(self.application.as_bytes(), &mut bytes);
        length_prefixed(self.tenant.as_bytes(), &mut bytes);
        bytes.extend_from_slice(&self.generation.to_be_bytes());
        bytes.extend_from_slice(&count(self.keys.len()));
        self.keys.iter().for_each(|key| key.write(&mut bytes));
        bytes
    }
}

/// How many values all processes have leased under a key: authenticated apart from the keyset, because it changes often.
///
/// ```text
/// HMAC-SHA256(store root, "counter", 01 | application | tenant | key id u32 | seals u64)
/// ```
///
/// A counter that is gone, or whose MAC does not verify, is an error and never a zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counter {
    /// The data key.
    pub key_id: u32,
    /// How many seals were leased.
    pub seals: u64,
    /// Over it.
    pub mac: Vec<u8>,
}

const COUNTER_LABEL: &str = "counter";

impl Counter {
    pub(crate) fn new(root: &RootKey, application: &str, tenant: &str, key_id: u32, seals: u64) -> Self {
        let mac = root.mac(COUNTER_LABEL, &Self::canonical(application, tenant, key_id, seals)).to_vec();
        Self { key_id, seals, mac }
    }

    pub(crate) fn verify(&self, root: &RootKey, application: &str, tenant: &str) -> bool {
        root.verify(COUNTER_LABEL, &Self::canonical(application, tenant, self.key_id, self.seals), &self.mac)
    }

    fn canonical(application: &str, tenant: &str, key_id: u32, seals: u64) -> Vec<u8> {
        let mut bytes = vec![1];
        length_prefixed(application.as_bytes(), &mut bytes);
        length_prefixed(tenant.as_bytes(), &mut bytes);
        bytes.extend_from_slice(&key_id.to_be_bytes());
        bytes.extend_from_slice(&seals.to_be_bytes());
        bytes
    }
}

#[cfg(test)]
mod tests {
    use encrypted_fields::{KeyMaterial, KeyOrigin};

    use super::*;
    use crate::store::{FileStore, KeyStore as _};

    /// Worked out apart from this crate (Python, `cryptography`), and frozen.
    #[tokio::test]
    async fn a_frozen_keyset_and_its_counter_verify() {
        let vector: serde_json::Value = serde_json::from_str(include_str!("../vectors/keyset.json")).unwrap();
        let seed = vector["seed"].as_str().unwrap();
        let root = KeyMaterial::parse(seed, &KeyOrigin::Given).unwrap().root_key().unwrap();
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys.json");
        std::fs::write(&path, serde_json::json!({ "keysets": [vector["keyset"]] }).to_string()).unwrap();
        let store = FileStore::new(path);

        let keyset = store.load("shop", "acme").await.unwrap().unwrap();
        keyset.verify(&root).unwrap();
        let counter = store.counter("shop", "acme", 7).await.unwrap().unwrap();
        assert!(counter.verify(&root, "shop", "acme"));
        let hex: String =
            keyset.keys[0].wrap_context("shop", "acme").bytes().iter().map(|it| format!("{it:02x}")).collect();
        assert_eq!(hex, vector["wrap_context"]);

        // Every field is covered: another value, and it does not verify.
        let changes: [fn(&mut Keyset); 14] = [
            |it| it.application.push('x'),
            |it| it.tenant.clear(),
            |it| it.generation += 1,
            |it| it.keys[0].id += 1,
            |it| it.keys[0].purpose = Purpose::Index,
            |it| it.keys[0].algorithm = crate::record::KeyAlgorithm::HmacSha256,
            |it| it.keys[0].imported = true,
            |it| it.keys[0].state = StoredState::Pending,
            |it| it.keys[0].created += 1,
            |it| it.keys[0].retired = it.keys[0].activated.take(),
            |it| it.keys[1].destroyed = None,
            |it| it.keys[0].check = None,
            |it| it.keys[0].slots.swap(0, 1),
            |it| it.keys[0].slots[0].wrapped.push(0),
        ];
        for (at, change) in changes.iter().enumerate() {
            let mut altered = keyset.clone();
            change(&mut altered);
            assert_eq!(altered.verify(&root), Err(Distrust::Altered), "change {at}");
        }
        let counter = Counter { seals: counter.seals - 1, ..counter };
        assert!(!counter.verify(&root, "shop", "acme"));
    }
}
