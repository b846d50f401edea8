//! Reading key material exactly, or failing: nothing is hashed, cut or padded until it fits.
//!
//! A raw key is 32 bytes, written as 64 hex characters or as base64 (standard or URL-safe alphabet, with or without
//! padding), ASCII white space around it aside. A 44-character Fernet key is one: all its 32 bytes are the seed. In
//! front of a key its algorithm may stand, `XAES-256-GCM:<key>`, where several keys of one list differ.
//!
//! A passphrase says that it is one, and has its salt and parameters in its own string (`passphrase.rs`). What does not
//! parse as a key is never taken for a passphrase.

use base64ct::{Base64, Base64Unpadded, Base64Url, Base64UrlUnpadded, Encoding};
use secrecy::ExposeSecret;
use zeroize::{Zeroize, Zeroizing};

use crate::seal::Algorithm;
use crate::secret::KeyBytes;

mod error;
#[cfg(feature = "passphrase")]
pub mod passphrase;

pub use error::{KeyError, KeyOrigin, PassphraseReason, TinkReason};

/// Bytes in a key.
pub(crate) const KEY: usize = 32;

/// Whether the text is a Tink JSON keyset rather than a raw key.
pub(crate) fn is_keyset(text: &str) -> bool {
    text.trim_ascii_start().starts_with('{')
}

/// How a passphrase begins.
const PASSPHRASE: &str = "passphrase:";

/// Reads a raw key or a passphrase, and the algorithm written in front of it, if one is.
pub(crate) fn parse(text: &str, origin: &KeyOrigin) -> Result<(KeyBytes, Option<Algorithm>), KeyError> {
    let text = text.trim_ascii_start();
    if text.is_empty() {
        return Err(KeyError::Missing { origin: origin.clone() });
    }
    if is_keyset(text) {
        return Err(KeyError::Keyset { origin: origin.clone() });
    }
    let (algorithm, key) = algorithm_in_front(text, origin)?;
    let seed = match key.strip_prefix(PASSPHRASE) {
        // To its very end: a passphrase is not trimmed.
        Some(passphrase) => {
            passphrase_seed(passphrase).map_err(|reason| KeyError::Passphrase { origin: origin.clone(), reason })?
        }
        None => seed(key.trim_ascii_end(), origin)?,
    };
    Ok((seed, algorithm))
}

/// The keys of a list: separated by commas or line breaks. A passphrase goes on to the end of its line, because a comma may
/// be part of it.
pub(crate) fn listed<'a>(text: &'a str, origin: &KeyOrigin) -> Result<Vec<&'a str>, KeyError> {
    let mut keys = Vec::new();
    for line in text.split('\n') {
        let mut rest = Some(line.trim_ascii_start());
        while let Some(line) = rest {
            if is_passphrase(line) {
                if hides_a_key(line) {
                    return Err(KeyError::Passphrase { origin: origin.clone(), reason: PassphraseReason::Listed });
                }
                keys.push(line);
                break;
            }
            let (key, after) = line.split_once(',').map_or((line, None), |(key, after)| (key, Some(after)));
            keys.extend(Some(key.trim_ascii()).filter(|key| !key.is_empty()));
            rest = after.map(str::trim_ascii_start);
        }
    }
    Ok(keys)
}

/// Whether nothing, or what reads as a key, stands behind a comma of a passphrase: written as the end of an entry, it would
/// silently become part of the passphrase.
fn hides_a_key(line: &str) -> bool {
    line.split(',').skip(1).map(|part| without_algorithm(part.trim_ascii())).any(|part| {
        part.is_empty() || part.starts_with(PASSPHRASE) || decode(part).is_some_and(|bytes| bytes.len() == KEY)
    })
}

fn is_passphrase(text: &str) -> bool {
    without_algorithm(text).starts_with(PASSPHRASE)
}

fn without_algorithm(text: &str) -> &str {
    text.split_once(':').filter(|(name, _)| name.parse::<Algorithm>().is_ok()).map_or(text, |(_, key)| key)
}

/// Takes the algorithm off a key that has one.
fn algorithm_in_front<'a>(text: &'a str, origin: &KeyOrigin) -> Result<(Option<Algorithm>, &'a str), KeyError> {
    match text.split_once(':') {
        Some((name, key)) if !text.starts_with(PASSPHRASE) => match name.parse() {
            Ok(algorithm) => Ok((Some(algorithm), key)),
            Err(_) => Err(KeyError::Algorithm { origin: origin.clone(), found: name.len() }),
        },
        _ => Ok((None, text)),
    }
}

#[cfg(feature = "passphrase")]
use passphrase::seed as passphrase_seed;

#[cfg(not(feature = "passphrase"))]
fn passphrase_seed(_: &str) -> Result<KeyBytes, PassphraseReason> {
    Err(PassphraseReason::Feature)
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
