//! KEKs: what wraps data keys. A provider a file, each but the local one behind a feature.
//!
//! A KEK is asked when a process starts and when an operator works on the keys, and never while a value is sealed or
//! opened. What it wraps is 33 bytes: a marker and the key.

#[cfg(feature = "aws")]
pub mod aws;
#[cfg(any(feature = "aws", feature = "vault"))]
mod http;
#[cfg(feature = "pkcs11")]
pub mod pkcs11;
#[cfg(any(feature = "aws", feature = "vault", feature = "pkcs11"))]
pub mod retry;
#[cfg(any(feature = "vault", feature = "pkcs11"))]
mod secret;
#[cfg(feature = "vault")]
pub mod vault;

use std::fmt;

use async_trait::async_trait;
use zeroize::Zeroizing;

use crate::purpose::Purpose;

mod local;

pub use local::{LocalKek, LocalOptions};

/// A key-encryption key: wraps and unwraps data keys, and never shows itself.
///
/// Stored slots name a KEK by the name it has in the configuration, so no ARN, URL or path is ever taken from stored bytes.
#[async_trait]
pub trait Kek: fmt::Debug + Send + Sync {
    /// Its name in the configuration, which slots carry.
    fn name(&self) -> &str;

    /// What it is: `local`, `aws-kms`, `vault-transit`, `pkcs11`.
    fn kind(&self) -> &'static str;

    /// Wraps key bytes, bound to their context.
    ///
    /// # Errors
    /// A [`KekError`].
    async fn wrap(&self, key: &[u8], context: &WrapContext) -> Result<Vec<u8>, KekError>;

    /// Unwraps what [`wrap`](Self::wrap) made in the same context.
    ///
    /// # Errors
    /// A [`KekError`].
    async fn unwrap(&self, wrapped: &[u8], context: &WrapContext) -> Result<Zeroizing<Vec<u8>>, KekError>;

    /// Asks it to wrap and unwrap a probe, which shows that it is there, enabled and allowed to both.
    ///
    /// # Errors
    /// A [`KekError`].
    async fn check(&self) -> Result<(), KekError> {
        self.check_for("encrypted-fields").await
    }

    /// The same with a probe of this application: where a policy looks at what is wrapped, another one would be denied.
    ///
    /// # Errors
    /// A [`KekError`].
    async fn check_for(&self, application: &str) -> Result<(), KekError> {
        let context = WrapContext::probe(application);
        let wrapped = self.wrap(PROBE, &context).await?;
        let unwrapped = self.unwrap(&wrapped, &context).await?;
        if unwrapped.as_slice() == PROBE { Ok(()) } else { Err(KekError::new(self.name(), KekReason::Altered)) }
    }
}

const PROBE: &[u8] = b"encrypted-fields: a probe, no key";

/// What a wrapped key belongs to: wrapping binds it, so that bytes moved to another record do not unwrap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrapContext {
    /// The application's name, as the keyring has it.
    pub application: String,
    /// The tenant, or empty.
    pub tenant: String,
    /// What the key is for.
    pub purpose: Purpose,
    /// The key's id.
    pub key_id: u32,
    /// The key's algorithm, as its record names it.
    pub algorithm: String,
}

impl WrapContext {
    fn probe(application: &str) -> Self {
        let (application, tenant) = (application.to_owned(), String::new());
        Self { application, tenant, purpose: Purpose::StoreRoot, key_id: 0, algorithm: "probe".into() }
    }

    /// The context as names and values, for providers that take it so (AWS KMS' encryption context) and logs that show it.
    /// An empty tenant is left out, because AWS takes no empty value.
    ///
    /// ```
    /// use encrypted_fields_keys::{Purpose, WrapContext};
    ///
    /// let context = WrapContext {
    ///     application: "shop".into(),
    ///     tenant: String::new(),
    ///     purpose: Purpose::Data,
    ///     key_id: 7,
    ///     algorithm: "AES-256-GCM".into(),
    /// };
    /// assert_eq!(context.pairs()[2], ("encrypted-fields:key-id", "7".to_owned()));
    /// ```
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = vec![
            ("encrypted-fields:application", self.application.clone()),
            ("encrypted-fields:purpose", self.purpose.name().to_owned()),
            ("encrypted-fields:key-id", self.key_id.to_string()),
            ("encrypted-fields:algorithm", self.algorithm.clone()),
        ];
        if !self.tenant.is_empty() {
            pairs.push(("encrypted-fields:tenant", self.tenant.clone()));
        }
        pairs
    }

    /// The context as canonical bytes, for providers that take associated data: `0x01`, then each of application, tenant,
    /// purpose, key id (u32 big-endian) and algorithm with its length (u32 big-endian) in front.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![1];
        let key_id = self.key_id.to_be_bytes();
        let parts: [&[u8]; 5] = [
            self.application.as_bytes(),
            self.tenant.as_bytes(),
            self.purpose.name().as_bytes(),
            &key_id,
            self.algorithm.as_bytes(),
        ];
        for part in parts {
            let length = u32::try_from(part.len()).expect("names are shorter than 4 GiB");
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(part);
        }
        bytes
    }
}

/// A KEK did not wrap or unwrap.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("KEK `{kek}`: {reason}")]
pub struct KekError {
    kek: String,
    reason: KekReason,
}

impl KekError {
    /// Of the KEK of this name.
    pub fn new(kek: impl Into<String>, reason: KekReason) -> Self {
        Self { kek: kek.into(), reason }
    }

    /// The KEK's name in the configuration.
    pub fn kek(&self) -> &str {
        &self.kek
    }

    /// Why.
    pub fn reason(&self) -> &KekReason {
        &self.reason
    }
}

/// Why a KEK did not wrap or unwrap. `detail` is the provider's own code or a few words of ours, never its message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KekReason {
    /// It answered, and said no: credentials or policy.
    #[error("access denied ({detail}); check its credentials and its policy")]
    Denied {
        /// The provider's code.
        detail: String,
    },
    /// It did not answer in time, or not at all.
    #[error("unreachable ({detail}); check its address and the network, and try again")]
    Unreachable {
        /// What happened.
        detail: String,
    },
    /// It asked to be asked less often, until the retries were used up.
    #[error("throttled ({detail}); try again later, or raise its quota")]
    Throttled {
        /// The provider's code.
        detail: String,
    },
    /// There is no such key at the provider.
    #[error("it has no such key ({detail}); check the configured key, and whether it was deleted")]
    NotFound {
        /// The provider's code.
        detail: String,
    },
    /// The key is there, and disabled or waiting to be deleted.
    #[error("its key is disabled or pending deletion ({detail}); enable it, or cancel the deletion")]
    Disabled {
        /// The provider's code.
        detail: String,
    },
    /// The bytes were wrapped by another key.
    #[error("the bytes were wrapped by another key ({detail}); configure the one that wrapped them")]
    WrongKey {
        /// The provider's code.
        detail: String,
    },
    /// The bytes or the context they were wrapped in were changed, or another key wrapped them and the provider does not
    /// tell which.
    #[error("the wrapped bytes do not belong here: they or their record were altered, or another key wrapped them")]
    Altered,
    /// The configuration cannot be right.
    #[error("{0}")]
    Configuration(String),
    /// Anything else.
    #[error("it failed ({detail})")]
    Other {
        /// The provider's code.
        detail: String,
    },
}

impl KekReason {
    /// Whether asking again may help: it was unreachable or throttled.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Throttled { .. })
    }
}
