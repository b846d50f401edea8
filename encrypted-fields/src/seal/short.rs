//! Short messages: AES-256-GCM of the `aes-gcm` crate, arranged so that the compiler inlines it.
//!
//! A database field is a block or a few, and for those `aes-gcm` spends more on calls and on passing blocks through
//! memory than on AES: it is written for many blocks at once, detects the processor's features at run time, and a
//! function compiled for those features is not inlined into a caller compiled for any x86-64. Three things together make
//! it nearly one straight piece of code (DESIGN.md has the figures); nothing here computes anything.
//!
//! 1. The caller is compiled for the features that were detected ([`Tier`]).
//! 2. [`OneBlock`] shows GCM a backend of one block at a time, inside the crate's own dispatch, so that a counter block
//!    stays in a register. Passed through memory it is written in parts and read whole, which stalls the processor until
//!    all earlier writes are done.
//! 3. Each tier and direction has a type of its own, so that each of the crate's functions has one caller.
//!
//! The bytes are those of any AES-256-GCM, which the vectors hold for both paths.

use std::sync::OnceLock;

use aes_gcm::AesGcm;
use aes_gcm::aead::consts::{U1, U12, U16, U32};
use aes_gcm::aes::Aes256;
use aes_gcm::aes::cipher::{
    Block, BlockCipherEncBackend, BlockCipherEncClosure, BlockCipherEncrypt, BlockSizeUser, InOut, Key, KeyInit,
    KeySizeUser, ParBlocksSizeUser,
};

use secrecy::ExposeSecret;

use super::TAG;
use super::aead::Aead;
use super::wiped::Wiped;
use crate::secret::KeyBytes;

/// The longest message that is faster this way.
pub(super) const LONGEST: usize = 512;

const SEAL: bool = true;
const OPEN: bool = false;

/// AES-256, one block at a time. The parameters only tell the types apart.
struct OneBlock<const TIER: u8, const DIRECTION: bool>(Aes256);

type Gcm<const TIER: u8, const DIRECTION: bool> = AesGcm<OneBlock<TIER, DIRECTION>, U12>;

/// A key's schedule for sealing and the same for opening, compiled for a tier of processors, each made at its first use; boxed, because
/// many a key only opens, and a thousand of them should stay in the processor's cache.
#[derive(Default)]
pub(super) struct Tiered<const TIER: u8> {
    seal: OnceLock<Box<Wiped<Gcm<TIER, SEAL>>>>,
    open: OnceLock<Box<Wiped<Gcm<TIER, OPEN>>>>,
}

impl<const TIER: u8> Tiered<TIER> {
    #[inline]
    fn seal(&self, key: &KeyBytes) -> &Gcm<TIER, SEAL> {
        self.seal.get_or_init(|| schedule(key))
    }

    #[inline]
    fn open(&self, key: &KeyBytes) -> &Gcm<TIER, OPEN> {
        self.open.get_or_init(|| schedule(key))
    }
}

#[cold]
fn schedule<const TIER: u8, const DIRECTION: bool>(key: &KeyBytes) -> Box<Wiped<Gcm<TIER, DIRECTION>>> {
    Box::new(Wiped::new(Gcm::<TIER, DIRECTION>::new(key.expose_secret().into())))
}

impl<const TIER: u8, const DIRECTION: bool> KeySizeUser for OneBlock<TIER, DIRECTION> {
    type KeySize = U32;
}

impl<const TIER: u8, const DIRECTION: bool> KeyInit for OneBlock<TIER, DIRECTION> {
    fn new(key: &Key<Self>) -> Self {
        Self(Aes256::new(key))
    }
}

impl<const TIER: u8, const DIRECTION: bool> BlockSizeUser for OneBlock<TIER, DIRECTION> {
    type BlockSize = U16;
}

impl<const TIER: u8, const DIRECTION: bool> BlockCipherEncrypt for OneBlock<TIER, DIRECTION> {
    #[inline(always)]
    fn encrypt_with_backend(&self, f: impl BlockCipherEncClosure<BlockSize = Self::BlockSize>) {
        self.0.encrypt_with_backend(OneByOne(f));
    }
}

/// Runs what GCM does with many blocks, on a backend that shows one.
struct OneByOne<F>(F);

impl<F: BlockCipherEncClosure<BlockSize = U16>> BlockSizeUser for OneByOne<F> {
    type BlockSize = U16;
}

impl<F: BlockCipherEncClosure<BlockSize = U16>> BlockCipherEncClosure for OneByOne<F> {
    #[inline(always)]
    fn call<B: BlockCipherEncBackend<BlockSize = U16>>(self, backend: &B) {
        self.0.call(&Backend(backend));
    }
}

struct Backend<'b, B>(&'b B);

impl<B: BlockSizeUser<BlockSize = U16>> BlockSizeUser for Backend<'_, B> {
    type BlockSize = U16;
}

impl<B: BlockSizeUser<BlockSize = U16>> ParBlocksSizeUser for Backend<'_, B> {
    type ParBlocksSize = U1;
}

impl<B: BlockCipherEncBackend<BlockSize = U16>> BlockCipherEncBackend for Backend<'_, B> {
    #[inline(always)]
    fn encrypt_block(&self, block: InOut<'_, '_, Block<Self>>) {
        self.0.encrypt_block(block);
    }
}

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "calls into code compiled for features that were detected")]
mod tier {
    use super::{Aead, Gcm, KeyBytes, OPEN, SEAL, TAG, Tiered};

    /// A key's schedules, for what the processor has. The key itself is lent to each call.
    pub(in crate::seal) enum Tier {
        Avx512(Tiered<0>),
        Vaes(Tiered<1>),
        Aes(Tiered<2>),
    }

    impl Tier {
        /// None: the processor has no AES instructions, and the cipher crate's portable code has to do.
        pub(in crate::seal) fn new() -> Option<Self> {
            use std::arch::is_x86_feature_detected as has;
            if !(has!("aes") && has!("pclmulqdq") && has!("avx2")) {
                None
            } else if !has!("vaes") {
                Some(Self::Aes(Tiered::default()))
            } else if !has!("avx512f") {
                Some(Self::Vaes(Tiered::default()))
            } else {
                Some(Self::Avx512(Tiered::default()))
            }
        }
    }

    impl Tier {
        #[inline]
        pub(in crate::seal) fn encrypt(
            &self,
            key: &KeyBytes,
            nonce: &[u8; 12],
            aad: &[u8],
            text: &mut [u8],
            tag: &mut [u8; TAG],
        ) -> bool {
            match self {
                // SAFETY, here and below: `new` chose the variant for which the features were detected.
                Self::Avx512(cipher) => unsafe { avx512::encrypt(cipher.seal(key), nonce, aad, text, tag) },
                Self::Vaes(cipher) => unsafe { vaes::encrypt(cipher.seal(key), nonce, aad, text, tag) },
                Self::Aes(cipher) => unsafe { aes::encrypt(cipher.seal(key), nonce, aad, text, tag) },
            }
        }

        #[inline]
        pub(in crate::seal) fn decrypt(
            &self,
            key: &KeyBytes,
            nonce: &[u8; 12],
            aad: &[u8],
            text: &[u8],
            tag: &[u8; TAG],
            out: &mut [u8],
        ) -> bool {
            match self {
                Self::Avx512(cipher) => unsafe { avx512::decrypt(cipher.open(key), nonce, aad, text, tag, out) },
                Self::Vaes(cipher) => unsafe { vaes::decrypt(cipher.open(key), nonce, aad, text, tag, out) },
                Self::Aes(cipher) => unsafe { aes::decrypt(cipher.open(key), nonce, aad, text, tag, out) },
            }
        }
    }

    macro_rules! compiled_for {
        ($name:ident, $tier:literal, $features:literal) => {
            mod $name {
                use super::{Aead, Gcm, OPEN, SEAL, TAG};

                #[target_feature(enable = $features)]
                pub(super) fn encrypt(
                    cipher: &Gcm<$tier, SEAL>,
                    nonce: &[u8; 12],
                    aad: &[u8],
                    text: &mut [u8],
                    tag: &mut [u8; TAG],
                ) -> bool {
                    Aead::encrypt(cipher, nonce, aad, text, tag)
                }

                #[target_feature(enable = $features)]
                pub(super) fn decrypt(
                    cipher: &Gcm<$tier, OPEN>,
                    nonce: &[u8; 12],
                    aad: &[u8],
                    text: &[u8],
                    tag: &[u8; TAG],
                    out: &mut [u8],
                ) -> bool {
                    Aead::decrypt(cipher, nonce, aad, text, tag, out)
                }
            }
        };
    }
    compiled_for!(avx512, 0, "aes,pclmulqdq,avx2,vaes,avx512f");
    compiled_for!(vaes, 1, "aes,pclmulqdq,avx2,vaes");
    compiled_for!(aes, 2, "aes,pclmulqdq,avx2");
}

/// Elsewhere the cipher crate's own calls have to do.
#[cfg(not(target_arch = "x86_64"))]
mod tier {
    use super::{KeyBytes, TAG};

    pub(in crate::seal) enum Tier {}

    impl Tier {
        pub(in crate::seal) fn new() -> Option<Self> {
            None
        }

        pub(in crate::seal) fn encrypt(
            &self,
            _: &KeyBytes,
            _: &[u8; 12],
            _: &[u8],
            _: &mut [u8],
            _: &mut [u8; TAG],
        ) -> bool {
            match *self {}
        }

        pub(in crate::seal) fn decrypt(
            &self,
            _: &KeyBytes,
            _: &[u8; 12],
            _: &[u8],
            _: &[u8],
            _: &[u8; TAG],
            _: &mut [u8],
        ) -> bool {
            match *self {}
        }
    }
}

pub(super) use tier::Tier;
