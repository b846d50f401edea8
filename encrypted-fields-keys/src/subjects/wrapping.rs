//! A subject's key under a subject root.
//!
//! ```text
//! wrapped = root.wrap_subject_key(context, 03 | AEAD key of 32 bytes | index key of 32 bytes)
//! context = 01 | length u32 | "subject" | length u32 | application | length u32 | tenant
//!              | length u32 | subject | key id u32 | length u32 | algorithm
//! ```
//!
//! Numbers are big-endian. The context binds the key to whose it is, so that bytes copied to another record do not unwrap.

use encrypted_fields::error::{OpenReason, SealReason};
use encrypted_fields::{Algorithm, Keyring, NonceSource, RootKey, SubjectKey};

use super::error::{SubjectsError, unusable};
use super::namespace::{Namespace, length_prefixed};
use super::store::{FoundKey, StoredKey};

/// A new key of a subject, wrapped under `root`.
pub(super) fn mint(
    root: &RootKey,
    namespace: &Namespace,
    subject: &[u8],
    (algorithm, now): (Algorithm, i64),
) -> Result<StoredKey, SubjectsError> {
    let key_id = loop {
        // Tink reserves 0.
        match rand::random::<u32>() {
            0 => {}
            key_id => break key_id,
        }
    };
    let mut context = Vec::new();
    write_context(namespace, subject, key_id, algorithm.name(), &mut context);
    let wrapped = root.wrap_subject_key(&context, &SubjectKey::generate()?.to_bytes())?;
    Ok(StoredKey {
        subject: subject.to_vec(),
        key_id: key_id.into(),
        algorithm: algorithm.name().to_owned(),
        root_id: Some(root.id().into()),
        wrapped: Some(wrapped),
        created_at: now,
        erased_at: None,
        mac: None,
    })
}

/// The root that the wrapped bytes name: `01 | root id, u32 big-endian | ..`, as every value of the wire format.
pub(super) fn root_of(wrapped: &[u8]) -> Option<u32> {
    wrapped.get(1..5).and_then(|id| id.try_into().ok()).map(u32::from_be_bytes)
}

/// Unwraps records one after the other, with room for a context that is used again.
pub(super) struct Unwrapping<'a> {
    pub(super) roots: &'a [RootKey],
    pub(super) namespace: &'a Namespace,
    /// The first one, of which the others take all but the key.
    like: Option<Keyring>,
    nonces: NonceSource,
    context: Vec<u8>,
    /// The key at hand.
    room: zeroize::Zeroizing<Vec<u8>>,
}

impl<'a> Unwrapping<'a> {
    pub(super) fn new(roots: &'a [RootKey], namespace: &'a Namespace, nonces: NonceSource) -> Self {
        Self { roots, namespace, like: None, nonces, context: Vec::new(), room: Default::default() }
    }

    /// The keyring of a subject. An error says why there is none, and what to do.
    pub(super) fn keyring(&mut self, key: &FoundKey) -> Result<Keyring, &'static str> {
        let (key_id, algorithm, length) = self.unwrap(key)?;
        let bytes = self.room.get(..length).unwrap_or_default();
        if let Some(like) = &self.like {
            return like.of_subject(bytes, algorithm, key_id).map_err(|_| unusable::ALTERED);
        }
        let (key, index) = SubjectKey::keys(bytes, algorithm, key_id).map_err(|_| unusable::ALTERED)?;
        let builder = Keyring::builder(self.namespace.application()).nonces(self.nonces);
        let keyring = builder.primary(key).index_key(index).build().map_err(|_| unusable::ALTERED)?;
        self.like = Some(keyring.clone());
        Ok(keyring)
    }

    /// The record's bytes under another root.
    pub(super) fn rewrap(
        &mut self,
        key: &FoundKey,
        root: &RootKey,
    ) -> Result<Result<Vec<u8>, SealReason>, &'static str> {
        let (_, _, length) = self.unwrap(key)?;
        Ok(root.wrap_subject_key(&self.context, self.room.get(..length).unwrap_or_default()))
    }

    /// Into `room`, so many bytes.
    fn unwrap(&mut self, key: &FoundKey) -> Result<(u32, Algorithm, usize), &'static str> {
        let (Some(wrapped), Ok(key_id @ 1..)) = (&key.wrapped, u32::try_from(key.key_id)) else {
            return Err(unusable::ALTERED);
        };
        let algorithm: Algorithm = key.algorithm.parse().map_err(|_| unusable::ALTERED)?;
        self.context.clear();
        write_context(self.namespace, &key.subject, key_id, algorithm.name(), &mut self.context);
        for root in self.roots {
            match root.unwrap_subject_key(&self.context, wrapped, &mut self.room) {
                Ok(key) => return Ok((key_id, algorithm, key.len())),
                Err(OpenReason::UnknownKey { .. }) => {}
                Err(_) => return Err(unusable::ALTERED),
            }
        }
        Err(unusable::ROOT)
    }
}

pub(super) fn write_context(namespace: &Namespace, subject: &[u8], key_id: u32, algorithm: &str, out: &mut Vec<u8>) {
    out.push(1);
    length_prefixed(b"subject", out);
    namespace.write(out);
    length_prefixed(subject, out);
    out.extend_from_slice(&key_id.to_be_bytes());
    length_prefixed(algorithm.as_bytes(), out);
}
