//! Where nonces come from.
//!
//! A call to the operating system costs more than sealing a short field, so each thread keeps a CSPRNG (ChaCha12)
//! seeded from it. A generator that lives in memory is copied by `fork`, and then parent and child would draw the same
//! nonces under the same key, which breaks AES-GCM altogether: so a handler that runs in each child raises a generation
//! that every draw compares. It is reseeded every 64 KiB as well. What copies memory without `fork` (a cloned or
//! restored virtual machine) nobody tells us about: there, [`NonceSource::Os`].

use std::cell::RefCell;

use rand::rngs::{StdRng, SysRng};
use rand::{Rng, SeedableRng, TryRng};

use crate::error::SealReason;

mod fork;

/// Where a keyring's nonces come from.
///
/// ```
/// use encrypted_fields::{DataKey, Algorithm, Keyring, NonceSource};
///
/// let keyring = Keyring::builder("shop")
///     .primary(DataKey::generate(Algorithm::Aes256Gcm)?)
///     .nonces(NonceSource::Os) // this machine may be cloned while it runs
///     .build()?;
/// # let _ = keyring;
/// # Ok::<(), encrypted_fields::KeyError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum NonceSource {
    /// A generator a thread, seeded from the operating system, again every 64 KiB and after `fork`.
    #[default]
    Thread,
    /// The operating system, each time: for virtual machines that may be cloned or restored while they run.
    /// About 400 ns a value.
    Os,
}

impl NonceSource {
    /// Fresh random bytes. None: the system gives none.
    #[inline(always)]
    pub(super) fn draw<const N: usize>(self) -> Option<[u8; N]> {
        match self {
            Self::Thread => GENERATOR
                .try_with(|generator| match generator.try_borrow_mut() {
                    Ok(mut generator) => generator.draw(),
                    Err(_) => from_os(),
                })
                // The thread is ending and its generator is gone.
                .unwrap_or_else(|_| from_os()),
            Self::Os => from_os(),
        }
    }
}

/// 32 fresh bytes for a new key, straight from the operating system.
pub(crate) fn fill_from_os(bytes: &mut [u8]) -> Result<(), SealReason> {
    SysRng.try_fill_bytes(bytes).map_err(|_| SealReason::Random)
}

#[cold]
fn from_os<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    fill_from_os(&mut bytes).is_ok().then_some(bytes)
}

thread_local! {
    static GENERATOR: RefCell<Generator> = const { RefCell::new(Generator::new()) };
}

/// How many bytes one seed gives.
const RESEED_AFTER: usize = 64 * 1024;
/// How many bytes are drawn ahead: a generator gives many at once in little more than the time of a few. That they lie
/// in memory betrays nothing, because nonces are stored in the open.
const AHEAD: usize = 64 * 12;

struct Generator {
    rng: Option<StdRng>,
    ahead: [u8; AHEAD],
    /// Where in `ahead` the next nonce is.
    next: usize,
    /// How many bytes the seed still gives.
    left: usize,
    generation: u64,
}

impl Generator {
    const fn new() -> Self {
        Self { rng: None, ahead: [0; AHEAD], next: AHEAD, left: 0, generation: 0 }
    }

    #[inline]
    fn draw<const N: usize>(&mut self) -> Option<[u8; N]> {
        if self.generation == fork::generation()
            && let Some(nonce) = self.take()
        {
            return Some(nonce);
        }
        self.fill()?;
        self.take().or_else(from_os)
    }

    #[inline]
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let nonce = self.ahead.get(self.next..)?.first_chunk().copied()?;
        self.next += N;
        Some(nonce)
    }

    /// Draws ahead, anew after a fork. Where there is no generator, nothing is ahead.
    #[cold]
    fn fill(&mut self) -> Option<()> {
        self.next = AHEAD;
        if self.left < AHEAD || self.generation != fork::generation() {
            self.seed()?;
        }
        if let Some(rng) = &mut self.rng {
            rng.fill_bytes(&mut self.ahead);
            self.left -= AHEAD;
            self.next = 0;
        }
        Some(())
    }

    fn seed(&mut self) -> Option<()> {
        self.rng = None;
        self.left = 0;
        // Without the handler a fork would go unnoticed, so there is no generator then: each draw asks the system.
        if fork::watch() {
            self.generation = fork::generation();
            self.rng = Some(StdRng::try_from_rng(&mut SysRng).ok()?);
            self.left = RESEED_AFTER;
        }
        Some(())
    }
}

#[cfg(all(test, unix))]
mod tests;
