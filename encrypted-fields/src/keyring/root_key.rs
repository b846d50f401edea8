//! A root: wraps other keys and authenticates records about them, and never seals a field.
#![expect(clippy::disallowed_types, reason = "the MAC of key records; its key comes from derive_key.rs")]

use std::fmt;
use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use secrecy::ExposeSecret;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::derive_key;
use crate::error::{OpenReason, SealReason};
use crate::seal::{Algorithm, Cipher, NonceSource};
use crate::secret::KeyBytes;

use super::budget::Budget;

/// What wraps keys: a local KEK, the root of a key store, the root of subject keys.
///
/// A wrapped key is a value of the wire format under XAES-256-GCM, whose nonces are long enough that nobody has to count
/// them, with the context as associated data. A record's MAC is HMAC-SHA256 over a label and the record.
///
/// ```
/// use encrypted_fields::KeyMaterial;
///
/// let root = KeyMaterial::generate()?.root_key()?;
/// let wrapped = root.wrap(b"subject 7", b"0123456789abcdef0123456789abcdef").unwrap();
/// assert_eq!(root.unwrap(b"subject 7", &wrapped).unwrap().len(), 32);
/// assert!(root.unwrap(b"subject 8", &wrapped).is_err());
///
/// let mac = root.mac("ledger", b"entry");
/// assert!(root.verify("ledger", b"entry", &mac) && !root.verify("counter", b"entry", &mac));
/// # Ok::<(), encrypted_fields::KeyError>(())
/// ```
#[derive(Clone)]
pub struct RootKey(Arc<State>);

struct State {
    id: u32,
    wrap: Cipher,
    /// With its count: see [`RootKey::wrap_subject_key`].
    many: Cipher,
    wrapped: Budget,
    /// Keyed once; each MAC starts from a copy.
    mac: Hmac<Sha256>,
}

/// Bytes of a record's MAC.
const MAC: usize = 32;

impl RootKey {
    pub(crate) fn from_seed(seed: &KeyBytes) -> Self {
        let wrap = Cipher::new(Algorithm::Xaes256Gcm, &derive_key::root_wrap_key(seed));
        let many = Cipher::new(Algorithm::Aes256Gcm, &derive_key::root_wrap_many_key(seed));
        let mac = derive_key::root_mac_key(seed);
        let mac = Hmac::new_from_slice(mac.expose_secret()).expect("HMAC takes a key of any length");
        let id = derive_key::root_id(seed);
        let wrapped = Budget::new(id, Algorithm::Aes256Gcm);
        Self(Arc::new(State { id, wrap, many, wrapped, mac }))
    }

    /// The id that what it wrapped carries.
    pub fn id(&self) -> u32 {
        self.0.id
    }

    /// Wraps a key, bound to its context.
    ///
    /// # Errors
    ///
    /// [`SealReason::Random`] when the operating system gives no randomness.
    pub fn wrap(&self, context: &[u8], key: &[u8]) -> Result<Vec<u8>, SealReason> {
        self.wrap_by(&self.0.wrap, context, key)
    }

    /// Unwraps what [`wrap`](Self::wrap) made in the same context.
    ///
    /// # Errors
    ///
    /// [`OpenReason::UnknownKey`] where another root wrapped it, [`OpenReason::Authentication`] where the bytes or the context
    /// are others, [`OpenReason::Malformed`].
    pub fn unwrap(&self, context: &[u8], wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenReason> {
        self.is_mine(wrapped)?;
        let mut key = Zeroizing::new(Vec::new());
        let length = self.0.wrap.open(context, wrapped, &mut key)?.len();
        key.truncate(length);
        Ok(key)
    }

    /// Wraps the key of a data subject, bound to its context: under AES-256-GCM, which unwraps a page of them in a fifth of the time.
    /// With random 96-bit nonces a root wraps at most 2^32 of them; renew it before it has.
    ///
    /// # Errors
    ///
    /// As [`wrap`](Self::wrap), and [`SealReason::Exhausted`] where this process has wrapped 2^32.
    ///
    /// ```
    /// use encrypted_fields::{KeyMaterial, SubjectKey};
    ///
    /// let root = KeyMaterial::generate()?.root_key()?;
    /// let wrapped = root.wrap_subject_key(b"subject 7", &SubjectKey::generate()?.to_bytes()).unwrap();
    /// let mut room = Default::default();
    /// assert!(root.unwrap_subject_key(b"subject 7", &wrapped, &mut room).is_ok());
    /// assert!(root.unwrap_subject_key(b"subject 8", &wrapped, &mut room).is_err());
    /// # Ok::<(), encrypted_fields::KeyError>(())
    /// ```
    pub fn wrap_subject_key(&self, context: &[u8], key: &[u8]) -> Result<Vec<u8>, SealReason> {
        self.0.wrapped.spend(None)?;
        self.wrap_by(&self.0.many, context, key)
    }

    /// Unwraps what [`wrap_subject_key`](Self::wrap_subject_key) made in the same context, into room that is used again from key to
    /// key.
    ///
    /// # Errors
    ///
    /// As [`unwrap`](Self::unwrap).
    pub fn unwrap_subject_key<'o>(
        &self,
        context: &[u8],
        wrapped: &[u8],
        room: &'o mut Zeroizing<Vec<u8>>,
    ) -> Result<&'o [u8], OpenReason> {
        self.is_mine(wrapped)?;
        self.0.many.open(context, wrapped, room)
    }

    fn wrap_by(&self, cipher: &Cipher, context: &[u8], key: &[u8]) -> Result<Vec<u8>, SealReason> {
        let mut wire = Vec::new();
        let append = |wire: &mut Vec<u8>| {
            wire.extend_from_slice(key);
            Ok(())
        };
        cipher.seal(self.0.id, NonceSource::default(), context, key.len(), append, &mut wire)?;
        Ok(wire)
    }

    fn is_mine(&self, wrapped: &[u8]) -> Result<(), OpenReason> {
        match crate::seal::key_id(wrapped)? {
            key_id if key_id == self.0.id => Ok(()),
            key_id => Err(OpenReason::UnknownKey { key_id }),
        }
    }

    /// The MAC of a record: HMAC-SHA256 of `length, u32 big-endian | label | record`, so that no record of one label stands for
    /// one of another.
    pub fn mac(&self, label: &str, record: &[u8]) -> [u8; MAC] {
        let length = u32::try_from(label.len()).expect("a label is a constant of a few bytes");
        let mut mac = self.0.mac.clone();
        mac.update(&length.to_be_bytes());
        mac.update(label.as_bytes());
        mac.update(record);
        mac.finalize().into_bytes().into()
    }

    /// Whether `mac` is the record's, compared in constant time.
    pub fn verify(&self, label: &str, record: &[u8], mac: &[u8]) -> bool {
        self.mac(label, record).ct_eq(mac).into()
    }
}

impl fmt::Debug for RootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RootKey").field("id", &self.id()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use crate::KeyMaterial;

    use super::*;

    /// Worked out apart from this crate (Python, `cryptography` and C2SP's XAES vectors' own reading), and frozen.
    #[test]
    fn frozen_wrapped_keys_unwrap_and_frozen_macs_verify() {
        #[derive(serde::Deserialize)]
        struct Vector {
            seed: String,
            root_id: u32,
            context: String,
            key: String,
            wrapped: String,
            label: String,
            record: String,
            mac: String,
            wrapped_subject_key: String,
        }
        let bytes = |hex: &str| -> Vec<u8> {
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
        };
        let vectors: Vec<Vector> = serde_json::from_str(include_str!("../../vectors/root_key.json")).unwrap();
        assert_eq!(vectors.len(), 3);
        for vector in vectors {
            let root = KeyMaterial::parse(&vector.seed, &crate::KeyOrigin::Given).unwrap().root_key().unwrap();
            assert_eq!(root.id(), vector.root_id);
            let unwrapped = root.unwrap(&bytes(&vector.context), &bytes(&vector.wrapped)).unwrap();
            assert_eq!(*unwrapped, bytes(&vector.key));
            let (wrapped, mut room) = (bytes(&vector.wrapped_subject_key), Zeroizing::default());
            let unwrapped = root.unwrap_subject_key(&bytes(&vector.context), &wrapped, &mut room).unwrap();
            assert_eq!(unwrapped, bytes(&vector.key));
            assert!(root.verify(&vector.label, &bytes(&vector.record), &bytes(&vector.mac)));
        }
    }

    #[test]
    fn another_root_is_told_from_altered_bytes() {
        let root = || KeyMaterial::generate().unwrap().root_key().unwrap();
        let (one, two) = (root(), root());
        let mut wrapped = one.wrap(b"here", &[7; 33]).unwrap();
        assert_eq!(two.unwrap(b"here", &wrapped).unwrap_err(), OpenReason::UnknownKey { key_id: one.id() });
        *wrapped.last_mut().unwrap() ^= 1;
        assert_eq!(one.unwrap(b"here", &wrapped).unwrap_err(), OpenReason::Authentication { key_id: one.id() });
        assert!(matches!(one.unwrap(b"here", &[]).unwrap_err(), OpenReason::Malformed(_)));
    }

    #[test]
    fn debug_shows_the_id_alone() {
        let root = KeyMaterial::generate().unwrap().root_key().unwrap();
        assert_eq!(format!("{root:?}"), format!("RootKey {{ id: {}, .. }}", root.id()));
    }
}
