//! The paved path without Diesel: bytes or text in, sealed bytes or text out.
//!
//! The context says what the value is and whose, such as `"session 42"`. It is not stored: a value opens only under the
//! context it was sealed under. The associated data is
//!
//! ```text
//! 0x01 | application's length, u32 big-endian | application | 0xFF | context's length, u32 big-endian | context
//! ```
//!
//! where a column's has 0x00 or 0x01 in place of 0xFF, so that neither can stand for the other. In front of the plaintext
//! stands its type: 0x0B text, 0x0D bytes.

use base64ct::{Base64UrlUnpadded, Encoding};

use crate::error::{OpenError, OpenReason, SealError, SealReason};
use crate::keyring::Keyring;

/// Seals bytes.
///
/// # Errors
///
/// [`SealError`]: the key is exhausted, or the system gave no randomness.
///
/// ```
/// use encrypted_fields::{decrypt_bytes, encrypt_bytes, testing};
///
/// let keyring = testing::keyring();
/// let sealed = encrypt_bytes(&keyring, b"a backup code", "user 7")?;
/// assert_eq!(decrypt_bytes(&keyring, &sealed, "user 7")?, b"a backup code");
/// assert!(decrypt_bytes(&keyring, &sealed, "user 8").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn encrypt_bytes(
    keyring: &Keyring,
    plaintext: impl AsRef<[u8]>,
    context: impl AsRef<[u8]>,
) -> Result<Vec<u8>, SealError> {
    encrypt(keyring, BYTES, plaintext.as_ref(), context.as_ref())
}

/// Opens what [`encrypt_bytes`] sealed.
///
/// # Errors
///
/// [`OpenError`]: the bytes were altered, sealed under another context, by another application, or under a key that the
/// keyring does not hold.
///
/// ```
/// # use encrypted_fields::{decrypt_bytes, testing};
/// assert!(decrypt_bytes(&testing::keyring(), b"not sealed", "user 7").is_err());
/// ```
pub fn decrypt_bytes(
    keyring: &Keyring,
    sealed: impl AsRef<[u8]>,
    context: impl AsRef<[u8]>,
) -> Result<Vec<u8>, OpenError> {
    decrypt(keyring, BYTES, sealed.as_ref(), context.as_ref())
}

/// Seals text, as unpadded base64url that goes into JSON, a URL or a TEXT column.
///
/// # Errors
///
/// [`SealError`]: the key is exhausted, or the system gave no randomness.
///
/// ```
/// use encrypted_fields::{decrypt_string, encrypt_string, testing};
///
/// let keyring = testing::keyring();
/// let sealed = encrypt_string(&keyring, "RSSMRA85T10A562S", "tax id of 7")?;
/// assert_eq!(decrypt_string(&keyring, &sealed, "tax id of 7")?, "RSSMRA85T10A562S");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn encrypt_string(keyring: &Keyring, plaintext: &str, context: impl AsRef<[u8]>) -> Result<String, SealError> {
    let sealed = encrypt(keyring, TEXT, plaintext.as_bytes(), context.as_ref())?;
    Ok(Base64UrlUnpadded::encode_string(&sealed))
}

/// Opens what [`encrypt_string`] sealed.
///
/// # Errors
///
/// As [`decrypt_bytes`], and where the text is not unpadded base64url.
///
/// ```
/// # use encrypted_fields::{decrypt_string, testing};
/// assert!(decrypt_string(&testing::keyring(), "not sealed!", "user 7").is_err());
/// ```
pub fn decrypt_string(keyring: &Keyring, sealed: &str, context: impl AsRef<[u8]>) -> Result<String, OpenError> {
    let sealed = Base64UrlUnpadded::decode_vec(sealed)
        .map_err(|_| OpenReason::Malformed("it is not unpadded base64url text"))?;
    let text = decrypt(keyring, TEXT, &sealed, context.as_ref())?;
    String::from_utf8(text).map_err(|_| OpenReason::Value("the text is not UTF-8".into()).into())
}

const TEXT: u8 = 0x0B;
const BYTES: u8 = 0x0D;
/// Neither of the bytes that follow the application in a column's context.
const PAVED_PATH: u8 = 0xFF;

fn encrypt(keyring: &Keyring, tag: u8, plaintext: &[u8], context: &[u8]) -> Result<Vec<u8>, SealError> {
    let context = associated_data(keyring, context)
        .ok_or_else(|| SealReason::Value("its context is longer than 4 GiB".into()))?;
    let sealed = keyring.seal(None, &context, 1 + plaintext.len(), |sealed| {
        sealed.push(tag);
        sealed.extend_from_slice(plaintext);
        Ok(())
    })?;
    Ok(sealed)
}

fn decrypt(keyring: &Keyring, tag: u8, sealed: &[u8], context: &[u8]) -> Result<Vec<u8>, OpenError> {
    let context = associated_data(keyring, context)
        .ok_or_else(|| OpenReason::Value("its context is longer than 4 GiB".into()))?;
    let mut plain = Vec::new();
    match keyring.open(None, &context, sealed, &mut plain)?.first() {
        Some(found) if *found == tag => {
            plain.remove(0);
            Ok(plain)
        }
        Some(&TEXT) => Err(OpenReason::Value("it is text, not bytes".into()).into()),
        Some(&BYTES) => Err(OpenReason::Value("it is bytes, not text".into()).into()),
        _ => Err(OpenReason::Value("it is neither text nor bytes".into()).into()),
    }
}

fn associated_data(keyring: &Keyring, context: &[u8]) -> Option<Vec<u8>> {
    let length = u32::try_from(context.len()).ok()?;
    Some([keyring.context_prefix(), &[PAVED_PATH], &length.to_be_bytes(), context].concat())
}

#[cfg(test)]
mod tests;
