//! Reading key material exactly, or failing: nothing is hashed, cut or padded until it fits.
//!
//! A raw key is 32 bytes, written as 64 hex characters or as base64 (standard or URL-safe alphabet, with or without
//! padding), ASCII white space around it aside. A 44-character Fernet key is one: all its 32 bytes are the seed. In
//! front of a raw key its algorithm may stand, `XAES-256-GCM:<key>`, where several keys of one list differ.

use base64ct::{Base64, Base64Unpadded, Base64Url, Base64UrlUnpadded, Encoding};
use secrecy::ExposeSecret;
use zeroize::{Zeroize, Zeroizing};

use crate::seal::Algorithm;
use crate::secret::KeyBytes;

mod error;

pub use error::{KeyError, KeyOrigin, TinkReason};

/// Bytes in a key.
pub(crate) const KEY: usize = 32;

/// Whether the text is a Tink JSON keyset rather than a raw key.
pub(crate) fn is_keyset(text: &str) -> bool {
    text.trim_ascii_start().starts_with('{')
}

/// Reads a raw key and the algorithm written in front of it, if one is.
pub(crate) fn parse(text: &str, origin: &KeyOrigin) -> Result<(KeyBytes, Option<Algorithm>), KeyError> {
    let text = text.trim_ascii();
    if text.is_empty() {
        return Err(KeyError::Missing { origin: origin.clone() });
    }
    if text.starts_with("passphrase:") {
        return Err(KeyError::Passphrase { origin: origin.clone() });
    }
    if is_keyset(text) {
        return Err(KeyError::Keyset { origin: origin.clone() });
    }
    let (algorithm, text) = match text.split_once(':') {
        Some((name, key)) => {
            let algorithm =
                name.parse().map_err(|_| KeyError::Algorithm { origin: origin.clone(), found: name.len() })?;
            (Some(algorithm), key)
        }
        None => (None, text),
    };
    Ok((seed(text, origin)?, algorithm))
}

fn seed(text: &str, origin: &KeyOrigin) -> Result<KeyBytes, KeyError> {
    let mut found =
        decode(text).ok_or_else(|| KeyError::Format { origin: origin.clone(), found: text.chars().count() })?;
    let key = key_bytes(&found).ok_or_else(|| KeyError::Length { origin: origin.clone(), found: found.len() });
    found.zeroize();
    let key = key?;
    if is_zero(&key) { Err(KeyError::AllZero { origin: origin.clone() }) } else { Ok(key) }
}

fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    hex(text)
        .or_else(|| Base64::decode_vec(text).ok())
        .or_else(|| Base64Unpadded::decode_vec(text).ok())
        .or_else(|| Base64Url::decode_vec(text).ok())
        .or_else(|| Base64UrlUnpadded::decode_vec(text).ok())
        .map(Zeroizing::new)
}

/// Exactly 64 hex characters; no other length is hex, since short hex is base64 too.
fn hex(text: &str) -> Option<Vec<u8>> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    if pairs.len() != KEY {
        return None;
    }
    let digit = |it: u8| char::from(it).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

/// A slice of the right length, moved into memory that will be wiped.
pub(crate) fn key_bytes(bytes: &[u8]) -> Option<KeyBytes> {
    let array: &[u8; KEY] = bytes.try_into().ok()?;
    Some(KeyBytes::init_with_mut(|key| key.copy_from_slice(array)))
}

pub(crate) fn is_zero(key: &KeyBytes) -> bool {
    key.expose_secret().iter().all(|byte| *byte == 0)
}

#[cfg(test)]
mod tests;
