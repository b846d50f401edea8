//! The ciphers over byte arrays.

use std::sync::OnceLock;

use aes_gcm::aead::AeadInOut;
use aes_gcm::aead::consts::{U12, U16};
use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::aes::cipher::{BlockCipherEncrypt, BlockSizeUser};
use aes_gcm::{AesGcm, KeyInit, Nonce, Tag};
use secrecy::ExposeSecret;
use xaes_256_gcm::Xaes256Gcm;

use super::TAG;
use super::short::{LONGEST, Tier};
use super::wiped::Wiped;
use crate::secret::KeyBytes;

/// A cipher with a nonce of `N` bytes.
pub(super) trait Aead<const N: usize> {
    /// Encrypts in place and writes the tag. False: the text is longer than the cipher takes.
    fn encrypt(&self, nonce: &[u8; N], aad: &[u8], text: &mut [u8], tag: &mut [u8; TAG]) -> bool;

    /// Decrypts `text` into `out`, which is as long, and says true; or says false, and `out` holds nothing of the plaintext.
    fn decrypt(&self, nonce: &[u8; N], aad: &[u8], text: &[u8], tag: &[u8; TAG], out: &mut [u8]) -> bool;
}

impl<Aes> Aead<12> for AesGcm<Aes, U12>
where
    Aes: BlockSizeUser<BlockSize = U16> + BlockCipherEncrypt,
{
    #[inline(always)]
    fn encrypt(&self, nonce: &[u8; 12], aad: &[u8], text: &mut [u8], tag: &mut [u8; TAG]) -> bool {
        let made = self.encrypt_inout_detached(&Nonce::from(*nonce), aad, text.into());
        made.is_ok_and(|made| {
            *tag = made.into();
            true
        })
    }

    #[inline(always)]
    fn decrypt(&self, nonce: &[u8; 12], aad: &[u8], text: &[u8], tag: &[u8; TAG], out: &mut [u8]) -> bool {
        let Ok(buffer) = InOutBuf::new(text, out) else { return false };
        self.decrypt_inout_detached(&Nonce::from(*nonce), aad, buffer, &Tag::from(*tag)).is_ok()
    }
}

/// AES-256-GCM, with the short way for short messages. Each of its three key schedules is made when it is needed: a data subject's key
/// mostly opens a few short values, and three would cost as much as the values do.
pub(crate) struct Gcm {
    key: KeyBytes,
    short: Option<Tier>,
    /// Boxed: what is longer than a few blocks pays for the step.
    any: OnceLock<Box<Wiped<aes_gcm::Aes256Gcm>>>,
}

impl Gcm {
    pub(super) fn new(key: &KeyBytes) -> Self {
        let key = KeyBytes::init_with_mut(|copy| copy.copy_from_slice(key.expose_secret()));
        Self { key, short: Tier::new(), any: OnceLock::new() }
    }

    fn any(&self) -> &aes_gcm::Aes256Gcm {
        self.any.get_or_init(|| Box::new(Wiped::new(aes_gcm::Aes256Gcm::new(self.key.expose_secret().into()))))
    }
}

impl Aead<12> for Gcm {
    #[inline]
    fn encrypt(&self, nonce: &[u8; 12], aad: &[u8], text: &mut [u8], tag: &mut [u8; TAG]) -> bool {
        match &self.short {
            Some(short) if text.len() <= LONGEST => short.encrypt(&self.key, nonce, aad, text, tag),
            _ => self.any().encrypt(nonce, aad, text, tag),
        }
    }

    #[inline]
    fn decrypt(&self, nonce: &[u8; 12], aad: &[u8], text: &[u8], tag: &[u8; TAG], out: &mut [u8]) -> bool {
        match &self.short {
            Some(short) if text.len() <= LONGEST => short.decrypt(&self.key, nonce, aad, text, tag, out),
            _ => self.any().decrypt(nonce, aad, text, tag, out),
        }
    }
}

/// XAES-256-GCM: a key of AES-256-GCM is derived from the first half of each nonce.
pub(crate) struct Xaes(Wiped<Xaes256Gcm>);

impl Xaes {
    pub(super) fn new(key: &KeyBytes) -> Self {
        Self(Wiped::new(Xaes256Gcm::new(key.expose_secret().into())))
    }
}

impl Aead<24> for Xaes {
    fn encrypt(&self, nonce: &[u8; 24], aad: &[u8], text: &mut [u8], tag: &mut [u8; TAG]) -> bool {
        let made = self.0.encrypt_inout_detached(&Nonce::from(*nonce), aad, text.into());
        made.is_ok_and(|made| {
            *tag = made.into();
            true
        })
    }

    fn decrypt(&self, nonce: &[u8; 24], aad: &[u8], text: &[u8], tag: &[u8; TAG], out: &mut [u8]) -> bool {
        let Ok(buffer) = InOutBuf::new(text, out) else { return false };
        self.0.decrypt_inout_detached(&Nonce::from(*nonce), aad, buffer, &Tag::from(*tag)).is_ok()
    }
}
