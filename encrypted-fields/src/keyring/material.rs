//! Key bytes on their way to a KEK and back.

use std::fmt;

use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::derive_key;
use crate::key_material::{self, KEY, KeyError, KeyOrigin};
use crate::seal::{self, Algorithm};
use crate::secret::KeyBytes;

use super::data_key::{DataKey, Material};
use super::index_key::IndexKey;
use super::root_key::RootKey;

/// The bytes of a key, for whoever wraps it: the one way in and out of [`DataKey`], [`IndexKey`] and [`RootKey`].
///
/// ```text
/// 01 | seed, 32 bytes        every working key is derived from it
/// 02 | AEAD key, 32 bytes    imported: seals and opens, nothing else
/// ```
///
/// ```
/// use encrypted_fields::{Algorithm, KeyMaterial};
///
/// let material = KeyMaterial::generate()?;
/// let key = material.data_key(Algorithm::Aes256Gcm, None)?;
/// assert_eq!(key.material().check_value(), material.check_value());
/// assert_eq!(format!("{material:?}"), "KeyMaterial(..)");
/// # Ok::<(), encrypted_fields::KeyError>(())
/// ```
pub struct KeyMaterial {
    kind: Kind,
    key: KeyBytes,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Seed,
    Aead,
}

impl KeyMaterial {
    /// Bytes of the written form: a marker and the key.
    pub const LEN: usize = 1 + KEY;

    /// A new random seed.
    ///
    /// # Errors
    ///
    /// [`KeyError::Random`] when the operating system gives no randomness.
    pub fn generate() -> Result<Self, KeyError> {
        let mut key = KeyBytes::default();
        let filled = seal::fill_from_os(secrecy::ExposeSecretMut::expose_secret_mut(&mut key));
        filled.map_err(|_| KeyError::Random)?;
        Ok(Self { kind: Kind::Seed, key })
    }

    /// Reads a raw key or a passphrase as [`DataKey::parse`] does, without an algorithm.
    ///
    /// # Errors
    ///
    /// A [`KeyError`] that names `origin`, the formats and the length found, and shows nothing of the key.
    ///
    /// ```
    /// # use encrypted_fields::{KeyMaterial, KeyOrigin};
    /// assert!(KeyMaterial::parse("too short", &KeyOrigin::Env("LOCAL_KEK".into())).is_err());
    /// ```
    pub fn parse(text: &str, origin: &KeyOrigin) -> Result<Self, KeyError> {
        match key_material::parse(text, origin)? {
            (key, None) => Ok(Self { kind: Kind::Seed, key }),
            (_, Some(_)) => Err(KeyError::IndexAlgorithm { origin: origin.clone() }),
        }
    }

    /// Reads the written form, after unwrapping.
    ///
    /// # Errors
    ///
    /// [`KeyError::Material`]: the bytes are no key.
    ///
    /// ```
    /// # use encrypted_fields::KeyMaterial;
    /// assert!(KeyMaterial::from_bytes(&[1; 32]).is_err());
    /// ```
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        let (kind, key) = match bytes.split_first() {
            Some((0x01, key)) => (Kind::Seed, key),
            Some((0x02, key)) => (Kind::Aead, key),
            _ => return Err(KeyError::Material),
        };
        let key = key_material::key_bytes(key).filter(|key| !key_material::is_zero(key)).ok_or(KeyError::Material)?;
        Ok(Self { kind, key })
    }

    /// The written form, to be wrapped: wiped when it is dropped.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(Self::LEN));
        bytes.push(match self.kind {
            Kind::Seed => 0x01,
            Kind::Aead => 0x02,
        });
        bytes.extend_from_slice(self.key.expose_secret());
        bytes
    }

    /// Whether it only seals and opens, as a key imported from Tink does.
    pub fn is_imported(&self) -> bool {
        self.kind == Kind::Aead
    }

    /// A value that may be stored beside the wrapped key, to tell after unwrapping that it is the right one. None for an
    /// imported key, from which nothing is derived.
    pub fn check_value(&self) -> Option<[u8; 16]> {
        match self.kind {
            Kind::Seed => Some(derive_key::check_value(&self.key)),
            Kind::Aead => None,
        }
    }

    /// The data key of these bytes. A seed's id is derived from it; `id` is for an imported key, whose id is the keyset's.
    ///
    /// # Errors
    ///
    /// [`KeyError::Material`]: an imported key without an id, or with the id 0; a seed with an id.
    pub fn data_key(&self, algorithm: Algorithm, id: Option<u32>) -> Result<DataKey, KeyError> {
        let key = || KeyBytes::init_with_mut(|key| key.copy_from_slice(self.key.expose_secret()));
        match (self.kind, id) {
            (Kind::Seed, Some(_)) | (Kind::Aead, None | Some(0)) => Err(KeyError::Material),
            (Kind::Aead, Some(id)) => Ok(DataKey::from_aead_key(id, key(), algorithm)),
            (Kind::Seed, None) => Ok(DataKey::from_seed(key(), algorithm)),
        }
    }

    /// The index key of this seed.
    ///
    /// # Errors
    ///
    /// [`KeyError::Material`] for an imported key.
    pub fn index_key(&self) -> Result<IndexKey, KeyError> {
        self.seed().map(IndexKey::from_seed)
    }

    /// The root key of this seed.
    ///
    /// # Errors
    ///
    /// [`KeyError::Material`] for an imported key.
    pub fn root_key(&self) -> Result<RootKey, KeyError> {
        self.seed().map(RootKey::from_seed)
    }

    fn seed(&self) -> Result<&KeyBytes, KeyError> {
        if self.kind == Kind::Seed { Ok(&self.key) } else { Err(KeyError::Material) }
    }

    pub(super) fn of(material: &Material) -> Self {
        let (kind, key) = match material {
            Material::Seed(key) => (Kind::Seed, key),
            Material::Aead(key) => (Kind::Aead, key),
        };
        Self { kind, key: KeyBytes::init_with_mut(|copy| copy.copy_from_slice(key.expose_secret())) }
    }
}

/// In constant time.
impl PartialEq for KeyMaterial {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && bool::from(self.key.expose_secret().ct_eq(other.key.expose_secret()))
    }
}

impl Eq for KeyMaterial {}

impl fmt::Debug for KeyMaterial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyMaterial(..)")
    }
}
