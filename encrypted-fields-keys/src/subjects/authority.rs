//! What makes a record genuine: the MACs of the store root, on one page.
//!
//! ```text
//! names     = length u32 | application | length u32 | tenant
//! erasure   = names | length u32 | subject | key id u32 | erased at, i64 Unix seconds
//! entry     = MAC("erasure", erasure)
//! tombstone = MAC("tombstone", erasure)
//! chain     = MAC("erasure-chain", chain of the entry before | entry)      nothing before the first
//! head      = MAC("erasure-head", names | entries u64 | chain)             an empty chain at first
//! ```
//!
//! Numbers are big-endian. The MAC is [`RootKey::mac`], whose labels keep one kind of record from standing for another.

use encrypted_fields::RootKey;

use super::namespace::{Namespace, length_prefixed};
use super::store::{FoundKey, StoredErasure, StoredHead, StoredKey};

#[derive(Debug, Clone)]
pub(super) struct Authority {
    pub(super) namespace: Namespace,
    root: RootKey,
}

impl Authority {
    pub(super) fn new(namespace: Namespace, root: RootKey) -> Self {
        Self { namespace, root }
    }

    /// An entry that follows `before`, and the head that it makes.
    pub(super) fn entry(
        &self,
        before: (i64, &[u8]),
        (subject, key_id, erased_at): (&[u8], u32, i64),
    ) -> (StoredErasure, StoredHead) {
        let mac = self.root.mac("erasure", &self.erasure(subject, key_id, erased_at)).to_vec();
        let chain = self.chain(before.1, &mac);
        let head = self.head(before.0 + 1, chain.clone());
        let entry =
            StoredErasure { seq: head.seq, subject: subject.to_vec(), key_id: key_id.into(), erased_at, mac, chain };
        (entry, head)
    }

    /// Whether the entry's own fields are what its MAC says; where it stands is the chain's.
    pub(super) fn is_entry(&self, entry: &StoredErasure) -> bool {
        self.is_erasure(&entry.subject, entry.key_id, entry.erased_at, &entry.mac)
    }

    pub(super) fn is_erasure(&self, subject: &[u8], key_id: i64, erased_at: i64, mac: &[u8]) -> bool {
        let Ok(key_id) = u32::try_from(key_id) else { return false };
        self.root.verify("erasure", &self.erasure(subject, key_id, erased_at), mac)
    }

    pub(super) fn chain(&self, before: &[u8], mac: &[u8]) -> Vec<u8> {
        self.root.mac("erasure-chain", &[before, mac].concat()).to_vec()
    }

    pub(super) fn follows(&self, before: &[u8], mac: &[u8], chain: &[u8]) -> bool {
        self.root.verify("erasure-chain", &[before, mac].concat(), chain)
    }

    pub(super) fn head(&self, seq: i64, chain: Vec<u8>) -> StoredHead {
        let mac = self.root.mac("erasure-head", &self.end(seq, &chain)).to_vec();
        StoredHead { seq, chain, mac }
    }

    pub(super) fn is_head(&self, head: &StoredHead) -> bool {
        head.seq >= 0 && self.root.verify("erasure-head", &self.end(head.seq, &head.chain), &head.mac)
    }

    /// What stands in the place of a subject's key for ever.
    pub(super) fn tombstone(
        &self,
        subject: &[u8],
        (key_id, erased_at): (u32, i64),
        before: Option<&StoredKey>,
    ) -> StoredKey {
        StoredKey {
            subject: subject.to_vec(),
            key_id: key_id.into(),
            algorithm: before.map(|key| key.algorithm.clone()).unwrap_or_default(),
            root_id: None,
            wrapped: None,
            created_at: before.map_or(erased_at, |key| key.created_at),
            erased_at: Some(erased_at),
            mac: Some(self.root.mac("tombstone", &self.erasure(subject, key_id, erased_at)).to_vec()),
        }
    }

    /// When the subject was erased, where the record is its tombstone.
    pub(super) fn is_tombstone(&self, key: &FoundKey) -> Option<i64> {
        let (Some(erased_at), Some(mac), None) = (key.erased_at, &key.mac, &key.wrapped) else { return None };
        let key_id = u32::try_from(key.key_id).ok()?;
        self.root.verify("tombstone", &self.erasure(&key.subject, key_id, erased_at), mac).then_some(erased_at)
    }

    fn erasure(&self, subject: &[u8], key_id: u32, erased_at: i64) -> Vec<u8> {
        let mut record = self.names();
        length_prefixed(subject, &mut record);
        record.extend_from_slice(&key_id.to_be_bytes());
        record.extend_from_slice(&erased_at.to_be_bytes());
        record
    }

    fn end(&self, seq: i64, chain: &[u8]) -> Vec<u8> {
        let mut record = self.names();
        record.extend_from_slice(&seq.to_be_bytes());
        record.extend_from_slice(chain);
        record
    }

    fn names(&self) -> Vec<u8> {
        let mut names = Vec::new();
        self.namespace.write(&mut names);
        names
    }
}
