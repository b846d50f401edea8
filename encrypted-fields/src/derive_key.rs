//! Every key derivation of the format, on one page.
//!
//! A native data key is a 32-byte seed that is never used itself: HKDF-SHA256 (RFC 5869, no salt, the seed as input
//! keying material) derives each working key under a label of its own, so that no two purposes and no two algorithms
//! share a key. The labels are part of the format and never change. An imported AEAD key never comes here.
//!
//! | from | label | bytes | what |
//! |---|---|---|---|
//! | data seed | `encrypted-fields v1 id` | 4 | key id, on the wire |
//! | data seed | `encrypted-fields v1 aead AES-256-GCM` | 32 | AES-256-GCM key |
//! | data seed | `encrypted-fields v1 aead XAES-256-GCM` | 32 | XAES-256-GCM key |
//! | data seed | `encrypted-fields v1 check` | 16 | check value, kept beside a stored key |
//! | index seed | `encrypted-fields v1 index HMAC-SHA256` | 32 | blind index key |
//! | index seed | `encrypted-fields v1 index id` | 4 | index key id, in each token |
//! | root seed | `encrypted-fields v1 root wrap XAES-256-GCM` | 32 | wraps other keys |
//! | root seed | `encrypted-fields v1 root wrap AES-256-GCM` | 32 | wraps the keys of data subjects |
//! | root seed | `encrypted-fields v1 root mac HMAC-SHA256` | 32 | authenticates records about keys |
//! | root seed | `encrypted-fields v1 root id` | 4 | root id, in each wrapped key |
//!
//! Every kind of seed has a check value.
//!
//! A seed is 32 random bytes, or is stretched from a passphrase by Argon2id (RFC 9106) or PBKDF2-HMAC-SHA256 (RFC 8018),
//! with a salt of its own and no label: what any other implementation of the two makes of the same input.
#![expect(clippy::disallowed_types, reason = "this is the one page of key derivations")]
#![cfg_attr(feature = "passphrase", expect(clippy::disallowed_methods, reason = "as above"))]

use hkdf::Hkdf;
use secrecy::ExposeSecret;
#[cfg(feature = "passphrase")]
use secrecy::ExposeSecretMut;
use sha2::Sha256;

use crate::seal::Algorithm;
use crate::secret::KeyBytes;

const ID: &str = "encrypted-fields v1 id";
const AEAD_AES_256_GCM: &str = "encrypted-fields v1 aead AES-256-GCM";
const AEAD_XAES_256_GCM: &str = "encrypted-fields v1 aead XAES-256-GCM";
const CHECK: &str = "encrypted-fields v1 check";
const INDEX: &str = "encrypted-fields v1 index HMAC-SHA256";
const INDEX_ID: &str = "encrypted-fields v1 index id";
const ROOT_WRAP: &str = "encrypted-fields v1 root wrap XAES-256-GCM";
const ROOT_WRAP_MANY: &str = "encrypted-fields v1 root wrap AES-256-GCM";
const ROOT_MAC: &str = "encrypted-fields v1 root mac HMAC-SHA256";
const ROOT_ID: &str = "encrypted-fields v1 root id";

/// The id that a data key's values carry.
pub(crate) fn key_id(seed: &KeyBytes) -> u32 {
    id(seed, ID)
}

/// The working key that seals and opens.
pub(crate) fn aead_key(seed: &KeyBytes, algorithm: Algorithm) -> KeyBytes {
    match algorithm {
        Algorithm::Aes256Gcm => key(seed, AEAD_AES_256_GCM),
        Algorithm::Xaes256Gcm => key(seed, AEAD_XAES_256_GCM),
    }
}

/// A value that may be stored beside the key: it tells that an unwrapped key is the right one, and nothing else.
pub(crate) fn check_value(seed: &KeyBytes) -> [u8; 16] {
    let mut check = [0; 16];
    expand(seed, CHECK, &mut check);
    check
}

/// The key of the blind index's HMAC-SHA256.
pub(crate) fn index_key(seed: &KeyBytes) -> KeyBytes {
    key(seed, INDEX)
}

/// The id that an index key's tokens carry.
pub(crate) fn index_id(seed: &KeyBytes) -> u32 {
    id(seed, INDEX_ID)
}

/// The key by which a root wraps other keys.
pub(crate) fn root_wrap_key(seed: &KeyBytes) -> KeyBytes {
    key(seed, ROOT_WRAP)
}

/// The key by which a root wraps the keys of data subjects.
pub(crate) fn root_wrap_many_key(seed: &KeyBytes) -> KeyBytes {
    key(seed, ROOT_WRAP_MANY)
}

/// The key by which a root authenticates records.
pub(crate) fn root_mac_key(seed: &KeyBytes) -> KeyBytes {
    key(seed, ROOT_MAC)
}

/// The id that what a root wrapped carries.
pub(crate) fn root_id(seed: &KeyBytes) -> u32 {
    id(seed, ROOT_ID)
}

/// How a passphrase becomes a seed. `key_material/passphrase.rs` has the bounds, all of them within what the crates take.
#[cfg(feature = "passphrase")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stretch {
    Argon2id { kib: u32, passes: u32, lanes: u32 },
    Pbkdf2Sha256 { iterations: u32 },
}

/// The seed of a passphrase. None: there is not as much memory.
#[cfg(feature = "passphrase")]
pub(crate) fn passphrase_seed(passphrase: &[u8], salt: &[u8], stretch: Stretch) -> Option<KeyBytes> {
    let mut seed = KeyBytes::default();
    let output: &mut [u8; 32] = seed.expose_secret_mut();
    match stretch {
        Stretch::Argon2id { kib, passes, lanes } => argon2id(passphrase, salt, (kib, passes, lanes), output)?,
        Stretch::Pbkdf2Sha256 { iterations } => {
            pbkdf2::pbkdf2::<hmac::Hmac<Sha256>>(passphrase, salt, iterations, output)
                .expect("HMAC takes a key of any length");
        }
    }
    Some(seed)
}

/// In memory of our own: the crate would abort where there is none, and would not wipe it.
#[cfg(feature = "passphrase")]
fn argon2id(passphrase: &[u8], salt: &[u8], (kib, passes, lanes): (u32, u32, u32), output: &mut [u8]) -> Option<()> {
    use argon2::{Algorithm::Argon2id, Argon2, Block, Params, Version::V0x13};
    let parameters = Params::new(kib, passes, lanes, Some(output.len())).expect("parameters are within bounds");
    let count = parameters.block_count();
    let mut memory = zeroize::Zeroizing::new(Vec::new());
    memory.try_reserve_exact(count).ok()?;
    memory.resize(count, Block::new());
    Argon2::new(Argon2id, V0x13, parameters)
        .hash_password_into_with_memory(passphrase, salt, output, memory.as_mut_slice())
        .expect("salt and passphrase are within bounds, and the memory is as much as was asked for");
    Some(())
}

fn key(seed: &KeyBytes, label: &str) -> KeyBytes {
    KeyBytes::init_with_mut(|key| expand(seed, label, key))
}

/// The first four bytes that are not all zero, big-endian: Tink reserves id 0.
fn id(seed: &KeyBytes, label: &str) -> u32 {
    let mut bytes = [0; 64];
    expand(seed, label, &mut bytes);
    first_nonzero(&bytes)
}

fn first_nonzero(bytes: &[u8; 64]) -> u32 {
    let (words, _) = bytes.as_chunks::<4>();
    // Sixteen zero words in a row do not occur (2^-512); 1 keeps the function total.
    words.iter().map(|word| u32::from_be_bytes(*word)).find(|id| *id != 0).unwrap_or(1)
}

fn expand(seed: &KeyBytes, label: &str, output: &mut [u8]) {
    Hkdf::<Sha256>::new(None, seed.expose_secret())
        .expand(label.as_bytes(), output)
        .expect("HKDF-SHA256 expands to at most 8160 bytes, and every output here is at most 64");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made apart from this crate (Python, `cryptography`), and frozen.
    #[test]
    fn frozen_keys_are_derived() {
        #[derive(serde::Deserialize)]
        struct Vector {
            seed: String,
            key_id: u32,
            aes_256_gcm: String,
            xaes_256_gcm: String,
            check: String,
            index_key: String,
            index_id: u32,
        }
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let vectors: Vec<Vector> = serde_json::from_str(include_str!("../vectors/derive_key.json")).unwrap();
        assert_eq!(vectors.len(), 3);
        for vector in vectors {
            let (seed, _) = crate::key_material::parse(&vector.seed, &crate::KeyOrigin::Given).unwrap();
            assert_eq!(key_id(&seed), vector.key_id);
            assert_eq!(hex(aead_key(&seed, Algorithm::Aes256Gcm).expose_secret()), vector.aes_256_gcm);
            assert_eq!(hex(aead_key(&seed, Algorithm::Xaes256Gcm).expose_secret()), vector.xaes_256_gcm);
            assert_eq!(hex(&check_value(&seed)), vector.check);
            assert_eq!(hex(index_key(&seed).expose_secret()), vector.index_key);
            assert_eq!(index_id(&seed), vector.index_id);
        }
    }

    #[test]
    fn an_id_is_never_zero() {
        let mut bytes = [0; 64];
        bytes[7] = 9;
        assert_eq!(first_nonzero(&bytes), 9);
        assert_eq!(first_nonzero(&[0; 64]), 1);
    }

    #[test]
    fn no_two_purposes_share_bytes() {
        let seed = KeyBytes::init_with_mut(|seed| seed.fill(7));
        let keys = [
            *aead_key(&seed, Algorithm::Aes256Gcm).expose_secret(),
            *aead_key(&seed, Algorithm::Xaes256Gcm).expose_secret(),
            *index_key(&seed).expose_secret(),
            *root_wrap_key(&seed).expose_secret(),
            *root_wrap_many_key(&seed).expose_secret(),
            *root_mac_key(&seed).expose_secret(),
            *seed.expose_secret(),
        ];
        for (at, key) in keys.iter().enumerate() {
            assert!(keys.iter().skip(at + 1).all(|other| other != key));
        }
        assert_ne!(key_id(&seed), index_id(&seed));
    }
}
