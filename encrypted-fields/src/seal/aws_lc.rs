//! AES-256-GCM of AWS-LC (feature `aws-lc`): the same bytes as the `aes-gcm` crate's.
//!
//! Compiled as C and assembly, it is as fast in any build; `aes-gcm` needs fat LTO for that. XAES-256-GCM stays with
//! the `xaes-256-gcm` crate: it derives a key for each message, setting one up in AWS-LC costs twice the seal, and the
//! derivation would be ours to write.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use secrecy::ExposeSecret;

use super::TAG;
use super::aead::Aead;
use crate::secret::KeyBytes;

/// A key and its schedule. AWS-LC overwrites what it frees (`OPENSSL_free`), this among it.
pub(crate) struct Gcm(LessSafeKey);

impl Gcm {
    /// None: AWS-LC gives no cipher for a key of 32 bytes, which happens only where memory is out.
    pub(super) fn new(key: &KeyBytes) -> Option<Self> {
        UnboundKey::new(&AES_256_GCM, key.expose_secret()).ok().map(LessSafeKey::new).map(Self)
    }
}

impl Aead<12> for Gcm {
    #[inline]
    fn encrypt(&self, nonce: &[u8; 12], aad: &[u8], text: &mut [u8], tag: &mut [u8; TAG]) -> bool {
        let nonce = Nonce::assume_unique_for_key(*nonce);
        self.0.seal_in_place_scatter(nonce, Aad::from(aad), text, &[], tag).is_ok()
    }

    #[inline]
    fn decrypt(&self, nonce: &[u8; 12], aad: &[u8], text: &[u8], tag: &[u8; TAG], out: &mut [u8]) -> bool {
        let nonce = Nonce::assume_unique_for_key(*nonce);
        self.0.open_separate_gather(nonce, Aad::from(aad), text, tag, out).is_ok()
    }
}
