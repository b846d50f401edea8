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
/// let (data, index) = SubjectKey::keys(&key.to_bytes(), Algorithm::Aes256Gcm, 7)?;
/// assert_eq!((data.id(), index.id()), (7, 7));
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

    /// The written form, to be wrapped: wiped when it is dropped.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(1 + 2 * KEY));
        bytes.push(MARKER);
        bytes.extend_from_slice(self.aead.expose_secret());
        bytes.extend_from_slice(self.index.expose_secret());
        bytes
    }

    /// The two keys in the written form, after unwrapping, under the id that the subject's record names and its values and tokens
    /// carry.
    ///
    /// # Errors
    ///
    /// [`KeyError::Material`]: the bytes are no such keys.
    pub fn keys(bytes: &[u8], algorithm: Algorithm, id: u32) -> Result<(DataKey, IndexKey), KeyError> {
        let (&MARKER, keys) = bytes.split_first().ok_or(KeyError::Material)? else { return Err(KeyError::Material) };
        let (aead, index) = keys.split_first_chunk::<KEY>().ok_or(KeyError::Material)?;
        let index: &[u8; KEY] = index.try_into().map_err(|_| KeyError::Material)?;
        let aead = key_material::key_bytes(aead).ok_or(KeyError::Material)?;
        if id == 0 || key_material::is_zero(&aead) || index.iter().all(|byte| *byte == 0) {
            return Err(KeyError::Material);
        }
        Ok((DataKey::from_aead_key(id, aead, algorithm), IndexKey::from_key(id, index)))
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
        let read = |bytes: &[u8], id| SubjectKey::keys(bytes, Algorithm::Aes256Gcm, id).map(drop);
        assert_eq!(read(&whole, 7), Ok(()));
        let mut other_marker = whole.to_vec();
        other_marker[0] = 1;
        let (mut no_aead, mut no_index) = (whole.to_vec(), whole.to_vec());
        no_aead[1..33].fill(0);
        no_index[33..].fill(0);
        for bytes in [&whole[..64], &[&whole[..], &[0]].concat(), &other_marker, &no_aead, &no_index, &[]] {
            assert_eq!(read(bytes, 7), Err(KeyError::Material));
        }
        assert_eq!(read(&whole, 0), Err(KeyError::Material), "Tink reserves 0");
    }

    #[test]
    fn its_two_keys_are_apart() {
        let key = SubjectKey::generate().unwrap();
        assert_ne!(key.aead.expose_secret(), key.index.expose_secret());
    }
}
