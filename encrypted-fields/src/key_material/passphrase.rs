//! A passphrase as key material: its salt and its parameters stand in its own string, and are never guessed.
//!
//! ```text
//! passphrase:argon2id:v=19,m=65536,t=3,p=4:SALT:PASSPHRASE
//! passphrase:pbkdf2-sha256:i=600000:SALT:PASSPHRASE
//! ```
//!
//! | part | what | bounds |
//! |---|---|---|
//! | `argon2id` | Argon2id version 1.3 (RFC 9106), no secret and no associated data | `v` is 19 |
//! | `m` | its memory, in KiB | 19,456 to 1,048,576 (19 MiB to 1 GiB); at least 47,104 (46 MiB) with one pass |
//! | `t` | its passes | 1 to 16 |
//! | `p` | its lanes, computed one after the other | 1 to 16 |
//! | `pbkdf2-sha256` | PBKDF2 with HMAC-SHA256 (RFC 8018) | |
//! | `i` | its iterations | 600,000 to 10,000,000 |
//! | `SALT` | random bytes of this key's own, as base64 of the standard alphabet without padding | 16 to 64 bytes |
//! | `PASSPHRASE` | the rest, whatever it contains | 15 to 1,024 characters |
//!
//! The 32 bytes that come out are a seed, as those of a raw key are. `AES-256-GCM:` or `XAES-256-GCM:` in front says the
//! algorithm of a data key. One salt and one set of parameters belong to a key for ever: another salt is another key.
//!
//! The defaults of [`generate`] are the second recommended option of RFC 9106, section 4 (64 MiB, 3 passes, 4 lanes), and
//! 600,000 iterations; the least that is taken is OWASP's (Password Storage Cheat Sheet). 15 characters are the least of
//! NIST SP 800-63B-4 for a password that stands alone, as this one does: whoever has a dump guesses without limit.
//! A key of 32 random bytes cannot be guessed at all, and is the better choice wherever nobody has to remember it.
//!
//! Characters are prepared as OpaqueString (RFC 8265) has it: each space that is not U+0020 becomes one, then NFC, so that
//! keyboards that compose `è` differently give one key. Refused are control characters and what Unicode has not assigned,
//! whose normal form could change; and white space at either end, which nobody sees. Nothing else is changed.
//!
//! The fields are separated by `:` where password hashes have `$`, which shells and `.env` files would replace.
//!
//! In a shell, with a fresh salt:
//!
//! ```console
//! $ export ENCRYPTION_KEY="passphrase:argon2id:v=19,m=65536,t=3,p=4:$(openssl rand -base64 18):correct horse battery staple"
//! ```

use base64ct::{Base64Unpadded, Encoding};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_public_assigned;
use zeroize::Zeroizing;

use crate::derive_key::{self, Stretch};
use crate::seal;
use crate::secret::{KeyBytes, Secret};

use super::{KeyError, KeyOrigin, PASSPHRASE, PassphraseReason};

/// How a passphrase is stretched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Kdf {
    /// Argon2id with 64 MiB, 3 passes and 4 lanes: what each guess costs is memory too.
    #[default]
    Argon2id,
    /// PBKDF2-HMAC-SHA256 with 600,000 iterations: where only what NIST approves may be used, or memory is short.
    Pbkdf2Sha256,
}

/// A new key of a passphrase: the string to put into `ENCRYPTION_KEY`, with a random salt and the default parameters.
///
/// Keep the string whole: the passphrase alone, without its salt, does not give the key back.
///
/// # Errors
///
/// [`KeyError::Passphrase`] where the passphrase is too short or has characters that are not taken, and
/// [`KeyError::Random`] when the operating system gives no randomness.
///
/// ```no_run
/// use encrypted_fields::{Algorithm, DataKey, passphrase};
///
/// let text = passphrase::generate("correct horse battery staple", passphrase::Kdf::Argon2id)?;
/// assert!(text.expose().starts_with("passphrase:argon2id:v=19,m=65536,t=3,p=4:"));
/// let key = DataKey::parse(text.expose(), Algorithm::Aes256Gcm)?;
/// # let _ = key;
/// # Ok::<(), encrypted_fields::KeyError>(())
/// ```
pub fn generate(passphrase: &str, kdf: Kdf) -> Result<Secret<String>, KeyError> {
    let mut salt = [0; NEW_SALT];
    seal::fill_from_os(&mut salt).map_err(|_| KeyError::Random)?;
    let head = match kdf {
        Kdf::Argon2id => "argon2id:v=19,m=65536,t=3,p=4:",
        Kdf::Pbkdf2Sha256 => "pbkdf2-sha256:i=600000:",
    };
    // Joined at once, so that no smaller buffer with the passphrase in it is left behind.
    let text = Secret::new([PASSPHRASE, head, &Base64Unpadded::encode_string(&salt), ":", passphrase].concat());
    check(text.expose())?;
    Ok(text)
}

/// Whether a string is a passphrase in its full form and within bounds, without the cost of deriving its key.
///
/// # Errors
///
/// The [`KeyError`] that reading it as a key would give, apart from the memory that it needs.
///
/// ```
/// use encrypted_fields::passphrase;
///
/// passphrase::check("passphrase:argon2id:v=19,m=65536,t=3,p=4:YSBzYWx0IG9mIGl0cyBvd24:correct horse battery staple")?;
/// assert!(passphrase::check("passphrase:correct horse battery staple").is_err());
/// # Ok::<(), encrypted_fields::KeyError>(())
/// ```
pub fn check(text: &str) -> Result<(), KeyError> {
    let origin = KeyOrigin::Given;
    let (_, key) = super::algorithm_in_front(text.trim_ascii_start(), &origin)?;
    let parsed = key.strip_prefix(PASSPHRASE).ok_or(PassphraseReason::Form).and_then(parse);
    parsed.map(|_| ()).map_err(|reason| KeyError::Passphrase { origin, reason })
}

/// Derives the seed of what stands after `passphrase:`.
pub(super) fn seed(text: &str) -> Result<KeyBytes, PassphraseReason> {
    let Parsed { stretch, salt, passphrase } = parse(text)?;
    derive_key::passphrase_seed(passphrase.as_bytes(), salt.bytes(), stretch).ok_or(PassphraseReason::Memory)
}

struct Parsed {
    stretch: Stretch,
    salt: Salt,
    passphrase: Zeroizing<String>,
}

struct Salt {
    bytes: [u8; MOST_SALT as usize],
    length: usize,
}

impl Salt {
    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// Everything is checked here, before anything is derived or memory is asked for.
fn parse(text: &str) -> Result<Parsed, PassphraseReason> {
    // The line break at the end of a file; a passphrase has none.
    let text = text.trim_end_matches(['\r', '\n']);
    let mut fields = text.splitn(4, ':');
    let (Some(kdf), Some(parameters), Some(salt), Some(passphrase)) =
        (fields.next(), fields.next(), fields.next(), fields.next())
    else {
        return Err(PassphraseReason::Form);
    };
    let stretch = match kdf {
        "argon2id" => argon2id(parameters)?,
        "pbkdf2-sha256" => pbkdf2(parameters)?,
        _ => return Err(PassphraseReason::Kdf),
    };
    Ok(Parsed { stretch, salt: parse_salt(salt)?, passphrase: prepare(passphrase)? })
}

fn argon2id(text: &str) -> Result<Stretch, PassphraseReason> {
    let malformed = PassphraseReason::Parameters { expected: "v=19,m=..,t=..,p=.." };
    let Some([19, kib, passes, lanes]) = numbers(text, ["v=", "m=", "t=", "p="]) else { return Err(malformed) };
    within("`m` (memory in KiB)", kib.into(), 19_456, 1_048_576)?;
    within("`t` (passes)", passes.into(), 1, 16)?;
    within("`p` (lanes)", lanes.into(), 1, 16)?;
    if passes == 1 {
        within("`m` (memory in KiB) with one pass", kib.into(), 47_104, 1_048_576)?;
    }
    Ok(Stretch::Argon2id { kib, passes, lanes })
}

fn pbkdf2(text: &str) -> Result<Stretch, PassphraseReason> {
    let Some([iterations]) = numbers(text, ["i="]) else {
        return Err(PassphraseReason::Parameters { expected: "i=.." });
    };
    within("`i` (iterations)", iterations.into(), 600_000, 10_000_000)?;
    Ok(Stretch::Pbkdf2Sha256 { iterations })
}

/// The numbers after these names, in this order and no other: one key has one spelling.
fn numbers<const N: usize>(text: &str, names: [&str; N]) -> Option<[u32; N]> {
    let mut parts = text.split(',');
    let mut numbers = [0; N];
    for (name, number) in names.iter().zip(&mut numbers) {
        *number = decimal(parts.next()?.strip_prefix(name)?)?;
    }
    parts.next().is_none().then_some(numbers)
}

fn decimal(digits: &str) -> Option<u32> {
    let plain = !digits.is_empty() && !digits.starts_with('0') && digits.bytes().all(|it| it.is_ascii_digit());
    // What does not fit is beyond every bound.
    plain.then(|| digits.parse().unwrap_or(u32::MAX))
}

const NEW_SALT: usize = 18;
const LEAST_SALT: u64 = 16;
const MOST_SALT: u64 = 64;

/// Decoded into a buffer of the longest salt: a longer one does not fit.
fn parse_salt(text: &str) -> Result<Salt, PassphraseReason> {
    let mut bytes = [0; MOST_SALT as usize];
    let length = match Base64Unpadded::decode(text, &mut bytes) {
        Ok(decoded) => decoded.len(),
        Err(base64ct::Error::InvalidLength) => bytes.len() + 1,
        Err(base64ct::Error::InvalidEncoding) => return Err(PassphraseReason::Salt),
    };
    within("the salt (bytes)", length as u64, LEAST_SALT, MOST_SALT)?;
    Ok(Salt { bytes, length })
}

const LEAST_CHARACTERS: u64 = 15;
const MOST_CHARACTERS: u64 = 1024;

/// OpaqueString of RFC 8265, section 4.2.2: spaces, then NFC.
fn prepare(text: &str) -> Result<Zeroizing<String>, PassphraseReason> {
    let bound = |text: &str| {
        let found = text.chars().count() as u64;
        within("the passphrase (characters)", found, LEAST_CHARACTERS, MOST_CHARACTERS)
    };
    bound(text)?;
    if text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace) {
        return Err(PassphraseReason::Spaces);
    }
    let refused = |it: char| it.is_control() || matches!(it, '\u{2028}' | '\u{2029}') || !is_public_assigned(it);
    if text.contains(refused) {
        return Err(PassphraseReason::Character);
    }
    // NFC in UTF-8 is at most three times as long (UAX #15, section 9): the string never grows, and leaves no copy.
    let mut prepared = Zeroizing::new(String::with_capacity(3 * text.len()));
    prepared.extend(text.chars().map(|it| if it.is_whitespace() { ' ' } else { it }).nfc());
    bound(&prepared)?;
    Ok(prepared)
}

fn within(field: &'static str, found: u64, least: u64, most: u64) -> Result<(), PassphraseReason> {
    if (least..=most).contains(&found) { Ok(()) } else { Err(PassphraseReason::Bound { field, least, most }) }
}

#[cfg(test)]
mod tests;
