//! Running a cipher with the processor's features switched on around it.
//!
//! The cipher crates detect AES and carry-less multiplication at run time and call them through functions compiled for
//! them. Such a function is not inlined into a caller that is compiled for any x86-64, and for a short field these calls
//! cost more than the cipher does. Inside a caller compiled for the same features they are inlined: the same code after
//! the same detection. Nothing here computes anything.

use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes256Gcm, Nonce, Tag};
use xaes_256_gcm::Xaes256Gcm;

use super::TAG;

/// A cipher over byte arrays, with a nonce of `N` bytes.
pub(super) trait Aead<const N: usize> {
    /// Encrypts in place. None: the buffer is longer than the cipher takes.
    fn encrypt(&self, nonce: &[u8; N], aad: &[u8], buffer: &mut [u8]) -> Option<[u8; TAG]>;

    /// Decrypts in place and says true; or says false, and `buffer` is as it was.
    fn decrypt(&self, nonce: &[u8; N], aad: &[u8], buffer: &mut [u8], tag: &[u8; TAG]) -> bool;
}

macro_rules! aead {
    ($cipher:ty, $nonce:literal) => {
        impl Aead<$nonce> for $cipher {
            #[inline(always)]
            fn encrypt(&self, nonce: &[u8; $nonce], aad: &[u8], buffer: &mut [u8]) -> Option<[u8; TAG]> {
                self.encrypt_inout_detached(&Nonce::from(*nonce), aad, buffer.into()).ok().map(Into::into)
            }

            #[inline(always)]
            fn decrypt(&self, nonce: &[u8; $nonce], aad: &[u8], buffer: &mut [u8], tag: &[u8; TAG]) -> bool {
                self.decrypt_inout_detached(&Nonce::from(*nonce), aad, buffer.into(), &Tag::from(*tag)).is_ok()
            }
        }
    };
}
aead!(Aes256Gcm, 12);
aead!(Xaes256Gcm, 24);

/// A cipher, and the features to run it with.
pub(super) struct Accelerated<C> {
    cipher: C,
    features: Features,
}

impl<C> Accelerated<C> {
    pub(super) fn new(cipher: C) -> Self {
        Self { cipher, features: Features::detect() }
    }
}

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "calls into code compiled for features that were detected")]
mod x86_64 {
    use super::{Accelerated, Aead, TAG};

    /// What the processor has.
    #[derive(Clone, Copy)]
    pub(super) enum Features {
        Avx512,
        Vaes,
        Aes,
        /// Neither; the cipher crates use portable code.
        None,
    }

    impl Features {
        pub(super) fn detect() -> Self {
            use std::arch::is_x86_feature_detected as has;
            if !(has!("aes") && has!("pclmulqdq") && has!("avx2")) {
                Self::None
            } else if !has!("vaes") {
                Self::Aes
            } else if !has!("avx512f") {
                Self::Vaes
            } else {
                Self::Avx512
            }
        }
    }

    impl<C: Aead<N>, const N: usize> Aead<N> for Accelerated<C> {
        #[inline]
        fn encrypt(&self, nonce: &[u8; N], aad: &[u8], buffer: &mut [u8]) -> Option<[u8; TAG]> {
            let cipher = &self.cipher;
            match self.features {
                // SAFETY: `detect` found the features of the called function, in these three arms.
                Features::Avx512 => unsafe { avx512::encrypt(cipher, nonce, aad, buffer) },
                Features::Vaes => unsafe { vaes::encrypt(cipher, nonce, aad, buffer) },
                Features::Aes => unsafe { aes::encrypt(cipher, nonce, aad, buffer) },
                Features::None => cipher.encrypt(nonce, aad, buffer),
            }
        }

        #[inline]
        fn decrypt(&self, nonce: &[u8; N], aad: &[u8], buffer: &mut [u8], tag: &[u8; TAG]) -> bool {
            let cipher = &self.cipher;
            match self.features {
                // SAFETY: `detect` found the features of the called function, in these three arms.
                Features::Avx512 => unsafe { avx512::decrypt(cipher, nonce, aad, buffer, tag) },
                Features::Vaes => unsafe { vaes::decrypt(cipher, nonce, aad, buffer, tag) },
                Features::Aes => unsafe { aes::decrypt(cipher, nonce, aad, buffer, tag) },
                Features::None => cipher.decrypt(nonce, aad, buffer, tag),
            }
        }
    }

    macro_rules! compiled_for {
        ($name:ident, $features:literal) => {
            mod $name {
                use super::{Aead, TAG};

                #[target_feature(enable = $features)]
                pub(super) fn encrypt<C: Aead<N>, const N: usize>(
                    cipher: &C,
                    nonce: &[u8; N],
                    aad: &[u8],
                    buffer: &mut [u8],
                ) -> Option<[u8; TAG]> {
                    cipher.encrypt(nonce, aad, buffer)
                }

                #[target_feature(enable = $features)]
                pub(super) fn decrypt<C: Aead<N>, const N: usize>(
                    cipher: &C,
                    nonce: &[u8; N],
                    aad: &[u8],
                    buffer: &mut [u8],
                    tag: &[u8; TAG],
                ) -> bool {
                    cipher.decrypt(nonce, aad, buffer, tag)
                }
            }
        };
    }
    compiled_for!(avx512, "aes,pclmulqdq,avx2,vaes,avx512f");
    compiled_for!(vaes, "aes,pclmulqdq,avx2,vaes");
    compiled_for!(aes, "aes,pclmulqdq,avx2");
}

#[cfg(target_arch = "x86_64")]
use x86_64::Features;

#[cfg(not(target_arch = "x86_64"))]
#[derive(Clone, Copy)]
struct Features;

#[cfg(not(target_arch = "x86_64"))]
impl Features {
    fn detect() -> Self {
        Self
    }
}

/// Elsewhere the cipher crates' own calls have to do.
#[cfg(not(target_arch = "x86_64"))]
impl<C: Aead<N>, const N: usize> Aead<N> for Accelerated<C> {
    #[inline]
    fn encrypt(&self, nonce: &[u8; N], aad: &[u8], buffer: &mut [u8]) -> Option<[u8; TAG]> {
        let Self { cipher, features: Features } = self;
        cipher.encrypt(nonce, aad, buffer)
    }

    #[inline]
    fn decrypt(&self, nonce: &[u8; N], aad: &[u8], buffer: &mut [u8], tag: &[u8; TAG]) -> bool {
        let Self { cipher, features: Features } = self;
        cipher.decrypt(nonce, aad, buffer, tag)
    }
}
