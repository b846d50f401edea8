//! Sealing and opening one value: the wire format, around a cipher from the `aes-gcm` and `xaes-256-gcm` crates,
//! or from AWS-LC (feature `aws-lc`).
//!
//! ```text
//! 0x01 | key id, u32 big-endian | nonce, 12 or 24 bytes | ciphertext, as long as the plaintext | tag, 16 bytes
//! ```
//!
//! This is Tink's AEAD wire format with the TINK output prefix, for AES-256-GCM keys and for X-AES-GCM keys with
//! 12-byte salts (whose salt and IV together are the XAES-256-GCM nonce).
#![expect(clippy::disallowed_types, reason = "this is where the ciphers are")]

use std::fmt;
use std::str::FromStr;

use crate::error::{OpenReason, SealReason};
use crate::secret::KeyBytes;

use aead::{Aead, Gcm, Xaes};

mod aead;
#[cfg(feature = "aws-lc")]
mod aws_lc;
mod nonce;
mod short;
mod wiped;

pub use nonce::NonceSource;
pub(crate) use nonce::fill_from_os;

/// The cipher that a key is for. It travels with the key, never with the value.
///
/// ```
/// use encrypted_fields::Algorithm;
///
/// let algorithm: Algorithm = "XAES-256-GCM".parse()?;
/// assert_eq!(algorithm.overhead(), 45);
/// # Ok::<(), encrypted_fields::UnknownAlgorithm>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Algorithm {
    /// AES-256-GCM with random 96-bit nonces: 33 bytes a value, and at most 2^32 values a key.
    #[default]
    Aes256Gcm,
    /// XAES-256-GCM (C2SP) with random 192-bit nonces: 45 bytes a value, and no limit that a program reaches.
    Xaes256Gcm,
}

/// The name is not one of `AES-256-GCM` and `XAES-256-GCM`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown algorithm; write AES-256-GCM or XAES-256-GCM")]
pub struct UnknownAlgorithm;

impl Algorithm {
    /// The name, as configuration spells it.
    ///
    /// ```
    /// # use encrypted_fields::Algorithm;
    /// assert_eq!(Algorithm::Aes256Gcm.name(), "AES-256-GCM");
    /// ```
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aes256Gcm => "AES-256-GCM",
            Self::Xaes256Gcm => "XAES-256-GCM",
        }
    }

    /// How many bytes a sealed value is longer than its plaintext.
    ///
    /// ```
    /// # use encrypted_fields::Algorithm;
    /// assert_eq!(Algorithm::Aes256Gcm.overhead(), 33);
    /// ```
    pub const fn overhead(self) -> usize {
        PREFIX + self.nonce_len() + TAG
    }

    const fn nonce_len(self) -> usize {
        match self {
            Self::Aes256Gcm => 12,
            Self::Xaes256Gcm => 24,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Algorithm {
    type Err = UnknownAlgorithm;

    fn from_str(name: &str) -> Result<Self, UnknownAlgorithm> {
        [Self::Aes256Gcm, Self::Xaes256Gcm].into_iter().find(|it| it.name() == name).ok_or(UnknownAlgorithm)
    }
}

/// Tink's prefix byte: the only version there is.
const VERSION: u8 = 0x01;
/// Version byte and key id.
const PREFIX: usize = 5;
const TAG: usize = 16;

/// A working key with its key schedule, ready to seal and open.
pub(crate) enum Cipher {
    #[cfg(feature = "aws-lc")]
    AwsLc(aws_lc::Gcm),
    Aes256Gcm(Box<Gcm>),
    Xaes256Gcm(Box<Xaes>),
}

impl Cipher {
    /// The fastest implementation that is compiled in. All write the same bytes, so it does not matter to the data which
    /// of them a program has.
    pub(crate) fn new(algorithm: Algorithm, key: &KeyBytes) -> Self {
        #[cfg(feature = "aws-lc")]
        if algorithm == Algorithm::Aes256Gcm
            && let Some(cipher) = aws_lc::Gcm::new(key)
        {
            return Self::AwsLc(cipher);
        }
        Self::reference(algorithm, key)
    }

    /// The implementation that is always there, and that the others are held to.
    pub(crate) fn reference(algorithm: Algorithm, key: &KeyBytes) -> Self {
        match algorithm {
            Algorithm::Aes256Gcm => Self::Aes256Gcm(Box::new(Gcm::new(key))),
            Algorithm::Xaes256Gcm => Self::Xaes256Gcm(Box::new(Xaes::new(key))),
        }
    }

    pub(crate) fn algorithm(&self) -> Algorithm {
        match self {
            #[cfg(feature = "aws-lc")]
            Self::AwsLc(_) => Algorithm::Aes256Gcm,
            Self::Aes256Gcm(_) => Algorithm::Aes256Gcm,
            Self::Xaes256Gcm(_) => Algorithm::Xaes256Gcm,
        }
    }

    /// Seals what `encode` appends, into `wire`, whose former content is lost. It is lent and not returned, as the nonce is an
    /// `Option`, because a `Result` is moved through memory at each step, and what is written in parts and moved whole stalls
    /// the processor: a third of what sealing a short field costs beside the cipher. `capacity_hint` is the plaintext's length, or a guess: with a good one there is one
    /// allocation.
    pub(crate) fn seal(
        &self,
        key_id: u32,
        nonces: NonceSource,
        aad: &[u8],
        capacity_hint: usize,
        encode: impl FnOnce(&mut Vec<u8>) -> Result<(), SealReason>,
        wire: &mut Vec<u8>,
    ) -> Result<(), SealReason> {
        match self {
            #[cfg(feature = "aws-lc")]
            Self::AwsLc(cipher) => {
                let nonce = nonces.draw::<12>().ok_or(SealReason::Random)?;
                seal(cipher, key_id, nonce, aad, capacity_hint, encode, wire)
            }
            Self::Aes256Gcm(cipher) => {
                let nonce = nonces.draw::<12>().ok_or(SealReason::Random)?;
                seal(&**cipher, key_id, nonce, aad, capacity_hint, encode, wire)
            }
            Self::Xaes256Gcm(cipher) => {
                let nonce = nonces.draw::<24>().ok_or(SealReason::Random)?;
                seal(&**cipher, key_id, nonce, aad, capacity_hint, encode, wire)
            }
        }
    }

    /// Opens `wire` into `out`, whose former content is lost, and gives the plaintext there.
    #[inline]
    pub(crate) fn open<'o>(&self, aad: &[u8], wire: &[u8], out: &'o mut Vec<u8>) -> Result<&'o [u8], OpenReason> {
        match self {
            #[cfg(feature = "aws-lc")]
            Self::AwsLc(cipher) => open::<_, 12>(cipher, aad, wire, out),
            Self::Aes256Gcm(cipher) => open::<_, 12>(&**cipher, aad, wire, out),
            Self::Xaes256Gcm(cipher) => open::<_, 24>(&**cipher, aad, wire, out),
        }
    }
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cipher({})", self.algorithm())
    }
}

/// The id of the key that a sealed value names.
pub(crate) fn key_id(wire: &[u8]) -> Result<u32, OpenReason> {
    match wire.split_first_chunk::<PREFIX>() {
        Some(([VERSION, a, b, c, d], _)) => Ok(u32::from_be_bytes([*a, *b, *c, *d])),
        Some(_) => Err(OpenReason::Malformed("it does not begin with the version byte 0x01")),
        None => Err(OpenReason::Malformed("it is shorter than a key id")),
    }
}

#[inline]
fn seal<C, const N: usize>(
    cipher: &C,
    key_id: u32,
    nonce: [u8; N],
    aad: &[u8],
    capacity_hint: usize,
    encode: impl FnOnce(&mut Vec<u8>) -> Result<(), SealReason>,
    wire: &mut Vec<u8>,
) -> Result<(), SealReason>
where
    C: Aead<N>,
{
    *wire = Vec::with_capacity(capacity_hint.saturating_add(PREFIX + N + TAG));
    let [a, b, c, d] = key_id.to_be_bytes();
    wire.extend_from_slice(&[VERSION, a, b, c, d]);
    wire.extend_from_slice(&nonce);
    encode(wire)?;
    wire.extend_from_slice(&[0; TAG]);
    let text_and_tag = wire.get_mut(PREFIX + N..).and_then(<[u8]>::split_last_chunk_mut);
    let (text, tag) = text_and_tag.expect("a codec only appends");
    if cipher.encrypt(&nonce, aad, text, tag) { Ok(()) } else { Err(TOO_LONG) }
}

const TOO_LONG: SealReason =
    SealReason::Value(std::borrow::Cow::Borrowed("it is longer than 64 GiB, the limit of one AES-GCM message"));

#[inline]
fn open<'o, C, const N: usize>(
    cipher: &C,
    aad: &[u8],
    wire: &[u8],
    out: &'o mut Vec<u8>,
) -> Result<&'o [u8], OpenReason>
where
    C: Aead<N>,
{
    let key_id = key_id(wire)?;
    let parts = wire
        .get(PREFIX..)
        .and_then(|rest| rest.split_first_chunk::<N>())
        .and_then(|(nonce, rest)| rest.split_last_chunk::<TAG>().map(|(text, tag)| (nonce, text, tag)));
    let Some((nonce, text, tag)) = parts else {
        return Err(OpenReason::Malformed("it is shorter than a nonce and a tag"));
    };
    // Grown only: a buffer that is used again is not filled with zeros again.
    if out.len() < text.len() {
        out.resize(text.len(), 0);
    }
    let out = out.get_mut(..text.len()).expect("resized to it");
    if cipher.decrypt(nonce, aad, text, tag, out) { Ok(out) } else { Err(OpenReason::Authentication { key_id }) }
}

#[cfg(test)]
mod tests;
