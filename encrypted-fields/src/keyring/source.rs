//! Reading a keyring from the environment or from files.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::key_material::{self, KeyError, KeyOrigin};
use crate::seal::{Algorithm, NonceSource};
use crate::tink;

use super::budget::{BudgetEvent, Hook};
use super::{DataKey, IndexKey, KeyState, Keyring, KeyringBuilder};

/// Where a keyring is read from; [`application`](Self::application) reads it.
///
/// | environment variable | what | |
/// |---|---|---|
/// | the name given, such as `ENCRYPTION_KEY` | the primary key, or a Tink JSON keyset | required |
/// | `ENCRYPTION_KEYS_OLD` | decrypt-only keys, separated by commas or line breaks, or a Tink JSON keyset | |
/// | `ENCRYPTION_INDEX_KEY` | the index key; without it a single native key stands in | needed after a rotation |
/// | `ENCRYPTION_INDEX_KEYS_OLD` | index keys of older tokens, separated by commas or line breaks | |
/// | `ENCRYPTION_ALGORITHM` | `AES-256-GCM` (the default) or `XAES-256-GCM`, for keys that do not say it | |
///
/// A key is 32 bytes as 64 hex characters or base64, or, with the feature `passphrase`, a passphrase in its full form
/// (module `passphrase`): it is stretched once, when it is read. In a list a passphrase is the last of its line, because
/// commas may be part of it. `XAES-256-GCM:` in front of a data key says its algorithm, for the keys of before where the
/// algorithm has changed: the algorithm is the key's for ever.
#[derive(Clone)]
#[must_use]
pub struct KeyringSource {
    primary: KeyOrigin,
    old: KeyOrigin,
    index: KeyOrigin,
    index_old: KeyOrigin,
    algorithm: Option<Algorithm>,
    nonces: NonceSource,
    hook: Option<Hook>,
}

impl KeyringSource {
    pub(super) fn env(name: String) -> Self {
        Self::new(KeyOrigin::Env(name))
    }

    pub(super) fn file(path: PathBuf) -> Self {
        Self::new(KeyOrigin::File(path))
    }

    fn new(primary: KeyOrigin) -> Self {
        Self {
            primary,
            old: KeyOrigin::Env("ENCRYPTION_KEYS_OLD".into()),
            index: KeyOrigin::Env("ENCRYPTION_INDEX_KEY".into()),
            index_old: KeyOrigin::Env("ENCRYPTION_INDEX_KEYS_OLD".into()),
            algorithm: None,
            nonces: NonceSource::default(),
            hook: None,
        }
    }

    /// The algorithm of raw keys that do not say it; `ENCRYPTION_ALGORITHM` is not read then.
    pub fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = Some(algorithm);
        self
    }

    /// Reads the decrypt-only keys from another variable.
    pub fn old_env(mut self, name: impl Into<String>) -> Self {
        self.old = KeyOrigin::Env(name.into());
        self
    }

    /// Reads the decrypt-only keys from a file, which must exist.
    pub fn old_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.old = KeyOrigin::File(path.into());
        self
    }

    /// Reads the index key from another variable.
    pub fn index_env(mut self, name: impl Into<String>) -> Self {
        self.index = KeyOrigin::Env(name.into());
        self
    }

    /// Reads the index key from a file, which must exist.
    pub fn index_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.index = KeyOrigin::File(path.into());
        self
    }

    /// Where nonces come from.
    pub fn nonces(mut self, nonces: NonceSource) -> Self {
        self.nonces = nonces;
        self
    }

    /// Called when a key of AES-256-GCM nears its limit.
    pub fn on_budget(mut self, hook: Arc<dyn Fn(BudgetEvent) + Send + Sync>) -> Self {
        self.hook = Some(hook);
        self
    }

    /// Reads the keys and makes the keyring of this application.
    ///
    /// # Errors
    ///
    /// A [`KeyError`] that names the variable or the file, the formats and the length found, and shows nothing of a key.
    pub fn application(self, application: impl Into<String>) -> Result<Keyring, KeyError> {
        self.load(application.into(), &|name| std::env::var_os(name))
    }

    /// As [`application`](Self::application), with the environment passed in.
    pub(super) fn load(&self, application: String, env: Lookup<'_>) -> Result<Keyring, KeyError> {
        let algorithm = self.read_algorithm(env)?;
        let mut keyring =
            KeyringBuilder { nonces: self.nonces, hook: self.hook.clone(), ..Keyring::builder(application) };

        let primary = read(&self.primary, env)?.ok_or_else(|| KeyError::Missing { origin: self.primary.clone() })?;
        if key_material::is_keyset(&primary) {
            keyring.keys.extend(tink::import(&primary, &self.primary)?);
        } else {
            keyring = keyring.primary(DataKey::parse_from(&primary, algorithm, &self.primary)?);
        }

        let old = read(&self.old, env)?.unwrap_or_default();
        if key_material::is_keyset(&old) {
            for (key, state) in tink::import(&old, &self.old)? {
                let state = if state == KeyState::Primary { KeyState::DecryptOnly } else { state };
                keyring = keyring.key(key, state);
            }
        } else {
            for key in key_material::listed(&old, &self.old)? {
                keyring = keyring.decrypt_only(DataKey::parse_from(key, algorithm, &self.old)?);
            }
        }

        if let Some(key) = read(&self.index, env)? {
            keyring = keyring.index_key(IndexKey::parse_from(&key, &self.index)?);
        }
        for key in key_material::listed(&read(&self.index_old, env)?.unwrap_or_default(), &self.index_old)? {
            keyring = keyring.old_index_key(IndexKey::parse_from(key, &self.index_old)?);
        }
        keyring.build()
    }

    fn read_algorithm(&self, env: Lookup<'_>) -> Result<Algorithm, KeyError> {
        if let Some(algorithm) = self.algorithm {
            return Ok(algorithm);
        }
        let origin = KeyOrigin::Env("ENCRYPTION_ALGORITHM".into());
        match read(&origin, env)? {
            None => Ok(Algorithm::default()),
            Some(name) => {
                let name = name.trim_ascii();
                name.parse().map_err(|_| KeyError::Algorithm { origin, found: name.chars().count() })
            }
        }
    }
}

/// The environment.
type Lookup<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// None: the variable is not set, or blank. A file that was named must exist.
fn read(origin: &KeyOrigin, env: Lookup<'_>) -> Result<Option<Zeroizing<String>>, KeyError> {
    let unreadable = |reason: String| KeyError::Unreadable { origin: origin.clone(), reason };
    let text = match origin {
        KeyOrigin::Env(name) => match env(name) {
            Some(value) => value.into_string().map_err(|_| unreadable("it is not UTF-8".into()))?,
            None => return Ok(None),
        },
        KeyOrigin::File(path) => {
            warn_if_readable_by_all(path);
            std::fs::read_to_string(path).map_err(|error| unreadable(error.kind().to_string()))?
        }
        KeyOrigin::Given => return Ok(None),
    };
    let text = Zeroizing::new(text);
    Ok(if text.trim_ascii().is_empty() { None } else { Some(text) })
}

#[cfg(unix)]
fn warn_if_readable_by_all(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    if std::fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o004 != 0) {
        tracing::warn!(path = %path.display(), "key file is readable by every user of this machine; chmod 600 it");
    }
}

#[cfg(not(unix))]
fn warn_if_readable_by_all(_: &Path) {}

impl fmt::Debug for KeyringSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyringSource").field("primary", &self.primary).finish_non_exhaustive()
    }
}
