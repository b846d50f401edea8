//! A KEK in this machine's hands: from an environment variable, a file, or a passphrase.
//!
//! The fallback when a KMS is down, the recovery slot that lies in a safe, and the whole of a small installation. Who has
//! the key and the store has every data key, so it belongs where neither the database nor its backups are.

use std::fmt;
use std::path::Path;

use async_trait::async_trait;
use encrypted_fields::error::OpenReason;
use encrypted_fields::{KeyError, KeyMaterial, KeyOrigin, RootKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Kek, KekError, KekReason, WrapContext};

/// Wraps by XAES-256-GCM under a key of its own, derived from what was given as every root's is.
///
/// ```
/// use encrypted_fields::KeyMaterial;
/// use encrypted_fields_keys::{Kek, LocalKek};
///
/// let kek = LocalKek::new("recovery", &KeyMaterial::generate()?)?;
/// assert_eq!((kek.name(), kek.kind()), ("recovery", "local"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct LocalKek {
    name: String,
    root: RootKey,
}

/// Where the key of a local KEK is read from: one of the two. It is 32 bytes as hex or base64, or a passphrase in its full
/// form (`passphrase:argon2id:..`, with the feature `passphrase`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalOptions {
    /// The environment variable that holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub env: Option<String>,
    /// The file that holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<std::path::PathBuf>,
}

impl LocalKek {
    /// Under this key.
    ///
    /// # Errors
    /// [`KekReason::Configuration`] for an imported key, from which nothing is derived.
    pub fn new(name: impl Into<String>, key: &KeyMaterial) -> Result<Self, KekError> {
        let name = name.into();
        let root = key.root_key().map_err(|error| configuration(&name, &error))?;
        Ok(Self { name, root })
    }

    /// Under the key that the options name.
    ///
    /// # Errors
    /// [`KekReason::Configuration`]: neither or both are named, or what is there is no key.
    pub fn connect(name: impl Into<String>, options: &LocalOptions) -> Result<Self, KekError> {
        match (&options.env, &options.file) {
            (Some(variable), None) => Self::from_env(name, variable),
            (None, Some(path)) => Self::from_file(name, path),
            _ => {
                let what = "a local KEK takes `env = \"<variable>\"` or `file = \"<path>\"`, exactly one of them";
                Err(KekError::new(name, KekReason::Configuration(what.into())))
            }
        }
    }

    /// Under the key in this environment variable.
    ///
    /// # Errors
    /// [`KekReason::Configuration`] that names the variable and the forms a key has.
    pub fn from_env(name: impl Into<String>, variable: &str) -> Result<Self, KekError> {
        let origin = KeyOrigin::Env(variable.to_owned());
        let text = match std::env::var_os(variable).map(std::ffi::OsString::into_string) {
            None => Ok(String::new()),
            Some(Ok(text)) => Ok(text),
            Some(Err(_)) => Err("it is not UTF-8".to_owned()),
        };
        Self::read(name.into(), text, origin)
    }

    /// Under the key in this file.
    ///
    /// # Errors
    /// [`KekReason::Configuration`] that names the file and the forms a key has.
    pub fn from_file(name: impl Into<String>, path: &Path) -> Result<Self, KekError> {
        let text = std::fs::read_to_string(path).map_err(|error| error.kind().to_string());
        Self::read(name.into(), text, KeyOrigin::File(path.to_owned()))
    }

    fn read(name: String, text: Result<String, String>, origin: KeyOrigin) -> Result<Self, KekError> {
        let text = text.map(Zeroizing::new);
        let text =
            text.map_err(|reason| configuration(&name, &KeyError::Unreadable { origin: origin.clone(), reason }))?;
        let key = KeyMaterial::parse(&text, &origin).map_err(|error| configuration(&name, &error))?;
        Self::new(name, &key)
    }
}

fn configuration(name: &str, error: &KeyError) -> KekError {
    KekError::new(name, KekReason::Configuration(error.to_string()))
}

#[async_trait]
impl Kek for LocalKek {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "local"
    }

    async fn wrap(&self, key: &[u8], context: &WrapContext) -> Result<Vec<u8>, KekError> {
        let failed = |_| KekError::new(&self.name, KekReason::Other { detail: "no randomness".into() });
        self.root.wrap(&context.bytes(), key).map_err(failed)
    }

    async fn unwrap(&self, wrapped: &[u8], context: &WrapContext) -> Result<Zeroizing<Vec<u8>>, KekError> {
        self.root.unwrap(&context.bytes(), wrapped).map_err(|reason| {
            let reason = match reason {
                OpenReason::UnknownKey { key_id } => {
                    KekReason::WrongKey { detail: format!("key {key_id}, and this one is {}", self.root.id()) }
                }
                _ => KekReason::Altered,
            };
            KekError::new(&self.name, reason)
        })
    }
}

impl fmt::Debug for LocalKek {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalKek").field("name", &self.name).field("id", &self.root.id()).finish_non_exhaustive()
    }
}
