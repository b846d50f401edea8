//! Data keys wrapped by a hardware security module, through PKCS#11.

mod errors;
mod options;
mod token;

pub use options::Pkcs11Options;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use self::token::Token;
use super::retry::{Call, RetryPolicy};
use super::{Kek, KekError, KekReason, WrapContext};

/// An AES-256 key that does not leave its token. AES-GCM (`CKM_AES_GCM`) wraps and unwraps, and the context is the
/// associated data ([`WrapContext::bytes`]).
///
/// ```no_run
/// use encrypted_fields_keys::Kek;
/// use encrypted_fields_keys::kek::pkcs11::{Pkcs11Kek, Pkcs11Options};
///
/// # async fn start() -> Result<(), encrypted_fields_keys::KekError> {
/// let options = Pkcs11Options {
///     module: "/usr/lib/softhsm/libsofthsm2.so".into(),
///     token_label: Some("shop".into()),
///     key: "data-keys".into(),
///     pin_env: Some("HSM_PIN".into()),
///     ..Pkcs11Options::default()
/// };
/// let kek = Pkcs11Kek::connect("main", &options)?;
/// kek.check().await
/// # }
/// ```
///
/// ```text
/// 0x01 | IV (12) | ciphertext and tag (length of the key + 16)
/// ```
///
/// The IV is of the token's generator. 2^32 wraps under one key is what random IVs allow
/// (NIST SP 800-38D, 8.3); a key wraps a few a year.
///
/// Sessions belong to the process and not to a thread, and calls of one KEK follow each other. They run on the threads that
/// tokio keeps for what blocks.
pub struct Pkcs11Kek {
    name: String,
    options: Arc<Pkcs11Options>,
    token: Arc<Mutex<Token>>,
    retry: RetryPolicy,
}

impl Pkcs11Kek {
    /// As the options say. Asks nothing of the token: [`check`](Kek::check) does.
    ///
    /// # Errors
    /// [`KekReason::Configuration`] if something is missing or contradicts itself.
    pub fn connect(name: impl Into<String>, options: &Pkcs11Options) -> Result<Self, KekError> {
        let name = name.into();
        let options = Arc::new(options.clone().checked().map_err(|reason| KekError::new(&name, reason))?);
        let token = Arc::new(Mutex::new(Token::default()));
        Ok(Self { name, retry: options.retry, options, token })
    }

    async fn on_token<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Token, &Pkcs11Options) -> Result<T, KekReason> + Send + 'static,
    ) -> Result<T, KekReason> {
        let options = Arc::clone(&self.options);
        // Taken before there is a thread: those who wait for a token that hangs hold none.
        let mut token = Arc::clone(&self.token).lock_owned().await;
        let done = tokio::task::spawn_blocking(move || work(&mut token, &options)).await;
        done.unwrap_or_else(|_| Err(KekReason::Other { detail: "the PKCS#11 module panicked".into() }))
    }

    fn call(&self, operation: &'static str) -> Call<'_> {
        Call { kek: &self.name, kind: self.kind(), operation }
    }
}

#[async_trait]
impl Kek for Pkcs11Kek {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "pkcs11"
    }

    async fn wrap(&self, key: &[u8], context: &WrapContext) -> Result<Vec<u8>, KekError> {
        let attempt = || {
            let (key, aad) = (Zeroizing::new(key.to_vec()), context.bytes());
            self.on_token(move |token, options| token.wrap(options, &key, &aad))
        };
        self.retry.run(self.call("wrap"), attempt).await
    }

    async fn unwrap(&self, wrapped: &[u8], context: &WrapContext) -> Result<Zeroizing<Vec<u8>>, KekError> {
        let attempt = || {
            let (wrapped, aad) = (wrapped.to_vec(), context.bytes());
            self.on_token(move |token, options| token.unwrap(options, &wrapped, &aad))
        };
        self.retry.run(self.call("unwrap"), attempt).await
    }
}

impl fmt::Debug for Pkcs11Kek {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pkcs11Kek")
            .field("name", &self.name)
            .field("module", &self.options.module)
            .field("token_label", &self.options.token_label)
            .field("slot", &self.options.slot)
            .field("key", &self.options.key)
            .finish_non_exhaustive()
    }
}
