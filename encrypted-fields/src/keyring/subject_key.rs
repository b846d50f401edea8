//! The two keys of a data subject.

use std::fmt;

use secrecy::{ExposeSecret, ExposeSecretMut};
use zeroize::Zeroizing;

use crate::key_material::{self, KEY, KeyError};
use crate::seal::{self, Algorithm};
use crate::secret::KeyBytes;

use super::data_key::DataKey;
use super::index_key::IndexKey;

/// The keys of a data subject: one that seals and one of blind indexes, each of random bytes of its own.
///
/// Not a seed, as other keys are: a page opens a thousand of them at once, and deriving the two would take longer than all that
/// is done with them. They share no bytes, so nothing has to be derived to keep them apart.
///
/// ```text
/// 03 | AEAD key, 32 bytes | key of HMAC-SHA256, 32 bytes
/// ```
///
/// ```
/// use encrypted_fields::{Algorithm, SubjectKey};
///
/// let key = SubjectKey::generate()?;
/// let again = SubjectKey::from_bytes(&key.to_bytes())?;
/// assert_eq!(again.keys(Algorithm::Aes256Gcm, 7).0.id(), 7);
/// assert_eq!(format!("{key:?}"), "SubjectKey(..)");
/// # Ok::<(), encrypted_fields::KeyError>(())
/// ```
pub struct SubjectKey {
    aead: KeyBytes,
    index: KeyBytes,
}

const MARKER: u8 = 0x03;

impl SubjectKey {
    /// Two new random keys.
    ///
    /// # Errors
    ///
    /// [`KeyError::Random`] when the operating system gives no randomness.
    pub fn generate() -> Result<Self, KeyError> {
        let random = || {
            let mut key = KeyBytes::default();
            seal::fill_from_os(key.expose_secret_mut()).map_err(|_| KeyError::Random)?;
            Ok(key)
        };
        Ok(Self { aead: random()?, index: random()? })
    }

    /// Reads the written form, after unwrapping.
    ///
    /// # Errors
    ///
    /// [`KeyError::Material`]: the bytes are no such keys.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        let keys = match bytes.split_first() {
            Some((&MARKER, keys)) if keys.len() == 2 * KEY => keys.split_at(KEY),
            _ => return Err(KeyError::Material),
        };
        let key =
            |bytes| key_material::key_bytes(bytes).filter(|key| !key_material::is_zero(key)).ok_or(KeyError::Material);
        Ok(Self { aead: key(keys.0)?, index: key(keys.1)? })
    }

    /// The written form, to be wrapped: wiped when it is dropped.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(1 + 2 * KEY));
        bytes.push(MARKER);
        bytes.extend_from_slice(self.aead.expose_secret());
        bytes.extend_from_slice(self.index.expose_secret());
        bytes
    }

    /// The keys under the id that the subject's record names, which the subject's values and tokens carry.
    pub fn keys(self, algorithm: Algorithm, id: u32) -> (DataKey, IndexKey) {
        (DataKey::from_aead_key(id, self.aead, algorithm), IndexKey::from_key(id, &self.index))
    }
}

impl fmt::Debug for SubjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SubjectKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_subject_key_is_refused() {
        let whole = SubjectKey::generate().unwrap().to_bytes();
        assert!(SubjectKey::from_bytes(&whole).is_ok());
        let mut other_marker = whole.to_vec();
        other_marker[0] = 1;
        let mut zero = whole.to_vec();
        zero[33..].fill(0);
        for bytes in [&whole[..64], &[&whole[..], &[0]].concat(), &other_marker, &zero, &[]] {
            assert_eq!(SubjectKey::from_bytes(bytes).unwrap_err(), KeyError::Material);
        }
    }

    #[test]
    fn its_two_keys_are_apart() {
        let key = SubjectKey::generate().unwrap();
        assert_ne!(key.aead.expose_secret(), key.index.expose_secret());
    }
}
