//! The key of blind indexes: a keyed hash of a value, by which equal values are found.
#![expect(clippy::disallowed_types, reason = "the blind index's MAC; its key comes from derive_key.rs")]

use std::fmt;
use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use secrecy::ExposeSecret;
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::derive_key;
use crate::key_material::{self, KeyError, KeyOrigin};
use crate::seal;
use crate::secret::KeyBytes;

/// A key for blind indexes; it rotates apart from the data keys, so that renewing those leaves every index valid.
///
/// ```
/// use encrypted_fields::IndexKey;
///
/// let key = IndexKey::parse("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")?;
/// assert_eq!(format!("{key:?}"), format!("IndexKey {{ id: {}, .. }}", key.id()));
/// # Ok::<(), encrypted_fields::KeyError>(())
/// ```
#[derive(Clone)]
pub struct IndexKey(Arc<State>);

struct State {
    id: u32,
    /// Keyed once; each token starts from a copy.
    mac: Hmac<Sha256>,
}

/// Bytes of a token: `index key id, u32 big-endian | HMAC-SHA256(index key, context ‖ value), first 16 bytes`.
pub(crate) const TOKEN: usize = 4 + 16;

impl IndexKey {
    /// A new random key.
    ///
    /// # Errors
    ///
    /// [`KeyError::Random`] when the operating system gives no randomness.
    ///
    /// ```
    /// let key = encrypted_fields::IndexKey::generate()?;
    /// # let _ = key;
    /// # Ok::<(), encrypted_fields::KeyError>(())
    /// ```
    pub fn generate() -> Result<Self, KeyError> {
        let mut seed = KeyBytes::default();
        let filled = seal::fill_from_os(secrecy::ExposeSecretMut::expose_secret_mut(&mut seed));
        filled.map_err(|_| KeyError::Random)?;
        Ok(Self::from_seed(&seed))
    }

    /// Reads a raw key, as [`DataKey::parse`](super::DataKey::parse) does, without an algorithm.
    ///
    /// # Errors
    ///
    /// A [`KeyError`] that names the formats and the length found, and shows nothing of the key.
    ///
    /// ```
    /// # use encrypted_fields::IndexKey;
    /// assert!(IndexKey::parse("too short").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        Self::parse_from(text, &KeyOrigin::Given)
    }

    pub(super) fn parse_from(text: &str, origin: &KeyOrigin) -> Result<Self, KeyError> {
        match key_material::parse(text, origin)? {
            (seed, None) => Ok(Self::from_seed(&seed)),
            (_, Some(_)) => Err(KeyError::IndexAlgorithm { origin: origin.clone() }),
        }
    }

    pub(crate) fn from_seed(seed: &KeyBytes) -> Self {
        Self::from_key(derive_key::index_id(seed), derive_key::index_key(seed).expose_secret())
    }

    /// The key of the MAC itself.
    pub(super) fn from_key(id: u32, key: &[u8; 32]) -> Self {
        let mac = Hmac::new_from_slice(key).expect("HMAC takes a key of any length");
        Self(Arc::new(State { id, mac }))
    }

    /// The id that its tokens carry.
    ///
    /// ```
    /// # use encrypted_fields::IndexKey;
    /// assert_ne!(IndexKey::generate()?.id(), 0);
    /// # Ok::<(), encrypted_fields::KeyError>(())
    /// ```
    pub fn id(&self) -> u32 {
        self.0.id
    }

    /// The token of a value in a context.
    pub(super) fn token(&self, context: &[u8], value: &[u8]) -> [u8; TOKEN] {
        let mut mac = self.0.mac.clone();
        mac.update(context);
        mac.update(value);
        let digest: [u8; 32] = mac.finalize().into_bytes().into();
        let mut token = [0; TOKEN];
        let (id, hash) = token.split_at_mut(4);
        id.copy_from_slice(&self.0.id.to_be_bytes());
        hash.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        token
    }

    /// Whether a stored token is this value's, compared in constant time.
    pub(super) fn matches(&self, context: &[u8], value: &[u8], token: &[u8]) -> bool {
        self.token(context, value).ct_eq(token).into()
    }
}

impl fmt::Debug for IndexKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IndexKey").field("id", &self.id()).finish_non_exhaustive()
    }
}
