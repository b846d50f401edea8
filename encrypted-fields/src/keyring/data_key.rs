//! A data key: what one key id stands for.

use std::fmt;
use std::sync::Arc;

use secrecy::ExposeSecret;

use crate::derive_key;
use crate::key_material::{self, KeyError, KeyOrigin};
use crate::seal::{self, Algorithm, Cipher};
use crate::secret::KeyBytes;

use super::budget::Budget;
use super::material::KeyMaterial;

/// A key that seals and opens, with its id and its algorithm; cheap to clone, and its clones count seals together.
///
/// A native key is a 32-byte seed, from which each working key is derived; an imported one (a Tink keyset's) is an AEAD
/// key that only seals and opens.
///
/// ```
/// use encrypted_fields::{Algorithm, DataKey};
///
/// let key = DataKey::parse("mZ0s1o0sT5Yw2sW1n2uSxJ0pAtlYxN7lX6d1l5p0Jr8=", Algorithm::Xaes256Gcm)?;
/// assert_ne!(key.id(), 0);
/// assert_eq!(format!("{key:?}"), format!("DataKey {{ id: {}, algorithm: Xaes256Gcm, .. }}", key.id()));
/// # Ok::<(), encrypted_fields::KeyError>(())
/// ```
#[derive(Clone)]
pub struct DataKey(Arc<Key>);

pub(super) struct Key {
    pub(super) id: u32,
    pub(super) cipher: Cipher,
    pub(super) budget: Budget,
    material: Material,
}

pub(super) enum Material {
    /// Every working key is derived from it.
    Seed(KeyBytes),
    /// Seals and opens, nothing else.
    Aead(KeyBytes),
}

impl DataKey {
    /// A new random key.
    ///
    /// # Errors
    ///
    /// [`KeyError::Random`] when the operating system gives no randomness.
    ///
    /// ```
    /// # use encrypted_fields::{Algorithm, DataKey};
    /// let key = DataKey::generate(Algorithm::Aes256Gcm)?;
    /// # let _ = key;
    /// # Ok::<(), encrypted_fields::KeyError>(())
    /// ```
    pub fn generate(algorithm: Algorithm) -> Result<Self, KeyError> {
        let mut seed = KeyBytes::default();
        let filled = seal::fill_from_os(secrecy::ExposeSecretMut::expose_secret_mut(&mut seed));
        filled.map_err(|_| KeyError::Random)?;
        Ok(Self::from_seed(seed, algorithm))
    }

    /// Reads a raw key: 32 bytes as 64 hex characters, or as base64. `AES-256-GCM:` or `XAES-256-GCM:` in front of it
    /// overrules `algorithm`.
    ///
    /// # Errors
    ///
    /// A [`KeyError`] that names the formats and the length found, and shows nothing of the key.
    ///
    /// ```
    /// # use encrypted_fields::{Algorithm, DataKey};
    /// let refused = DataKey::parse("correct horse battery staple", Algorithm::Aes256Gcm).unwrap_err();
    /// assert!(refused.to_string().contains("found 28 characters"));
    /// ```
    pub fn parse(text: &str, algorithm: Algorithm) -> Result<Self, KeyError> {
        Self::parse_from(text, algorithm, &KeyOrigin::Given)
    }

    /// As [`parse`](Self::parse), with errors that name where the text came from.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse).
    pub fn parse_from(text: &str, algorithm: Algorithm, origin: &KeyOrigin) -> Result<Self, KeyError> {
        let (seed, written) = key_material::parse(text, origin)?;
        Ok(Self::from_seed(seed, written.unwrap_or(algorithm)))
    }

    pub(crate) fn from_seed(seed: KeyBytes, algorithm: Algorithm) -> Self {
        let cipher = Cipher::new(algorithm, &derive_key::aead_key(&seed, algorithm));
        Self::new(derive_key::key_id(&seed), cipher, Material::Seed(seed))
    }

    pub(crate) fn from_aead_key(id: u32, key: KeyBytes, algorithm: Algorithm) -> Self {
        Self::new(id, Cipher::new(algorithm, &key), Material::Aead(key))
    }

    fn new(id: u32, cipher: Cipher, material: Material) -> Self {
        let budget = Budget::new(id, cipher.algorithm());
        Self(Arc::new(Key { id, cipher, budget, material }))
    }

    /// A key that has sealed this often already.
    #[cfg(test)]
    pub(super) fn with_seals(start: u64, algorithm: Algorithm) -> Self {
        let seed = KeyBytes::init_with_mut(|seed| seed.fill(7));
        let cipher = Cipher::new(algorithm, &derive_key::aead_key(&seed, algorithm));
        let budget = Budget::starting_at(start, 7, algorithm);
        Self(Arc::new(Key { id: 7, cipher, budget, material: Material::Seed(seed) }))
    }

    /// The id that its values carry.
    ///
    /// ```
    /// # use encrypted_fields::{Algorithm, DataKey};
    /// let hex = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    /// let (a, b) = (DataKey::parse(hex, Algorithm::Aes256Gcm)?, DataKey::parse(hex, Algorithm::Aes256Gcm)?);
    /// assert_eq!(a.id(), b.id());
    /// # Ok::<(), encrypted_fields::KeyError>(())
    /// ```
    pub fn id(&self) -> u32 {
        self.0.id
    }

    /// Its algorithm.
    ///
    /// ```
    /// # use encrypted_fields::{Algorithm, DataKey};
    /// assert_eq!(DataKey::generate(Algorithm::Xaes256Gcm)?.algorithm(), Algorithm::Xaes256Gcm);
    /// # Ok::<(), encrypted_fields::KeyError>(())
    /// ```
    pub fn algorithm(&self) -> Algorithm {
        self.0.cipher.algorithm()
    }

    /// A value that may be stored beside a wrapped key, to tell after unwrapping that it is the right one. None for an
    /// imported key.
    ///
    /// ```
    /// # use encrypted_fields::{Algorithm, DataKey};
    /// let key = DataKey::generate(Algorithm::Aes256Gcm)?;
    /// assert_eq!(key.check_value(), key.clone().check_value());
    /// # Ok::<(), encrypted_fields::KeyError>(())
    /// ```
    pub fn check_value(&self) -> Option<[u8; 16]> {
        self.seed().map(derive_key::check_value)
    }

    /// The key's bytes, for a KEK to wrap.
    ///
    /// ```
    /// # use encrypted_fields::{Algorithm, DataKey, KeyMaterial};
    /// let key = DataKey::generate(Algorithm::Aes256Gcm)?;
    /// let again = KeyMaterial::from_bytes(&key.material().to_bytes())?.data_key(key.algorithm(), None)?;
    /// assert_eq!(again.id(), key.id());
    /// # Ok::<(), encrypted_fields::KeyError>(())
    /// ```
    pub fn material(&self) -> KeyMaterial {
        KeyMaterial::of(&self.0.material)
    }

    /// Limits how often this process may seal under the key to `seals` in all, counted from the first: leased from a counter
    /// that the processes share. Granted more, it goes on; asked for more than that, sealing is
    /// [`SealReason::NotLeased`](crate::error::SealReason::NotLeased). Without a grant a process counts for itself alone.
    ///
    /// ```
    /// use encrypted_fields::{Algorithm, DataKey, Keyring};
    ///
    /// let key = DataKey::generate(Algorithm::Aes256Gcm)?;
    /// key.grant(1 << 20);
    /// let keyring = Keyring::builder("shop").primary(key).build()?;
    /// # let _ = keyring;
    /// # Ok::<(), encrypted_fields::KeyError>(())
    /// ```
    pub fn grant(&self, seals: u64) {
        self.0.budget.grant(seals);
    }

    /// How many seals this process has counted under the key; see [`grant`](Self::grant).
    pub fn seals(&self) -> u64 {
        self.0.budget.seals()
    }

    /// No more seals under the key, in any process: its counter has reached the limit.
    pub fn exhaust(&self) {
        self.0.budget.exhaust();
    }

    /// The seed of a native key.
    pub(crate) fn seed(&self) -> Option<&KeyBytes> {
        match &self.0.material {
            Material::Seed(seed) => Some(seed),
            Material::Aead(_) => None,
        }
    }

    /// The key that Tink is given: the one that seals, never the seed.
    pub(crate) fn with_aead_key<R>(&self, f: impl FnOnce(&KeyBytes) -> R) -> R {
        match &self.0.material {
            Material::Seed(seed) => f(&derive_key::aead_key(seed, self.algorithm())),
            Material::Aead(key) => f(key),
        }
    }

    /// Whether two keys share bytes, as seeds or as working keys.
    pub(super) fn same_bytes(&self, other: &Self) -> bool {
        use subtle::ConstantTimeEq;
        let equal = |a: &KeyBytes, b: &KeyBytes| bool::from(a.expose_secret().ct_eq(b.expose_secret()));
        let (Material::Seed(a) | Material::Aead(a)) = &self.0.material;
        let (Material::Seed(b) | Material::Aead(b)) = &other.0.material;
        equal(a, b) || self.with_aead_key(|a| other.with_aead_key(|b| equal(a, b)))
    }

    pub(super) fn key(&self) -> &Key {
        &self.0
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataKey").field("id", &self.id()).field("algorithm", &self.algorithm()).finish_non_exhaustive()
    }
}
