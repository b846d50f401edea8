//! The keys of a program: an immutable snapshot that seals and opens without any I/O.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::error::{OpenReason, SealReason};
use crate::key_material::KeyError;
use crate::seal::{self, Algorithm, NonceSource};
use crate::secret::Secret;
use crate::tink;

mod budget;
mod builder;
mod counters;
mod data_key;
mod held;
mod index_key;
mod index_keys;
mod material;
mod root_key;
mod scoped;
mod source;
mod subject_key;

pub use budget::BudgetEvent;
pub use builder::KeyringBuilder;
pub use data_key::DataKey;
pub(crate) use held::{Held, NoScope};
pub use index_key::IndexKey;
pub use material::KeyMaterial;
pub use root_key::RootKey;
pub use scoped::{ScopeId, ScopedKeyring, ScopedKeys};
pub use source::KeyringSource;
pub use subject_key::SubjectKey;

use index_keys::IndexKeys;
pub(crate) use index_keys::NoIndexKey;

/// Data keys with one primary among them, index keys, and the application's name: what sealing and opening need.
///
/// A keyring never changes; a change makes a new one ([`to_builder`](Self::to_builder)) that is put in its place
/// ([`set_default_keyring`](crate::set_default_keyring)). Clones are cheap and share their counts.
///
/// ```
/// use encrypted_fields::{Algorithm, DataKey, KeyState, Keyring};
///
/// let keyring = Keyring::builder("shop")
///     .primary(DataKey::generate(Algorithm::Xaes256Gcm)?)
///     .decrypt_only(DataKey::generate(Algorithm::Aes256Gcm)?)
///     .build()?;
/// let states: Vec<KeyState> = keyring.keys().map(|key| key.state).collect();
/// assert_eq!(states, [KeyState::Primary, KeyState::DecryptOnly]);
/// # Ok::<(), encrypted_fields::KeyError>(())
/// ```
#[derive(Clone)]
pub struct Keyring(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    /// Shared by the keyrings of data subjects.
    application: Arc<str>,
    context_prefix: Arc<[u8]>,
    primary: DataKey,
    /// The primary among them.
    keys: Vec<(DataKey, KeyState)>,
    index: IndexKeys,
    nonces: NonceSource,
    hook: Option<budget::Hook>,
    scoped: HashMap<ScopeId, Keyring>,
    /// Asked for the scopes that are not among them.
    held_elsewhere: Option<Arc<dyn ScopedKeyring>>,
    /// Told of a key that a value names and the keyring lacks.
    on_unknown_key: Option<UnknownKeyHook>,
}

/// What is called with the id of a key that the keyring lacks.
type UnknownKeyHook = Arc<dyn Fn(u32) + Send + Sync>;

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyState {
    /// Seals and opens.
    Primary,
    /// Opens.
    DecryptOnly,
    /// Neither.
    Disabled,
}

/// What is known of a key, without its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyInfo {
    /// The id that its values carry.
    pub id: u32,
    /// Its algorithm.
    pub algorithm: Algorithm,
    /// What it may do.
    pub state: KeyState,
    /// How many values this process has sealed under it.
    pub seals: u64,
}

impl Keyring {
    /// Puts a keyring together from keys. The application's name is bound to every value, so that two programs under
    /// one key cannot exchange values; it never changes afterwards.
    ///
    /// ```
    /// # use encrypted_fields::{Algorithm, DataKey, KeyError, Keyring};
    /// let refused = Keyring::builder("").primary(DataKey::generate(Algorithm::Aes256Gcm)?).build();
    /// assert_eq!(refused.unwrap_err(), KeyError::Application { found: 0 });
    /// # Ok::<(), KeyError>(())
    /// ```
    pub fn builder(application: impl Into<String>) -> KeyringBuilder {
        KeyringBuilder::new(application.into())
    }

    /// Reads the key, or a Tink keyset, from the environment variable of this name; see [`KeyringSource`].
    ///
    /// ```no_run
    /// use encrypted_fields::Keyring;
    ///
    /// let keyring = Keyring::from_env("ENCRYPTION_KEY").application("shop")?;
    /// # Ok::<(), encrypted_fields::KeyError>(())
    /// ```
    pub fn from_env(name: impl Into<String>) -> KeyringSource {
        KeyringSource::env(name.into())
    }

    /// Reads the key, or a Tink keyset, from a file; see [`KeyringSource`].
    ///
    /// ```no_run
    /// use encrypted_fields::Keyring;
    ///
    /// let keyring = Keyring::from_file("/run/secrets/encryption_key").application("shop")?;
    /// # Ok::<(), encrypted_fields::KeyError>(())
    /// ```
    pub fn from_file(path: impl Into<std::path::PathBuf>) -> KeyringSource {
        KeyringSource::file(path.into())
    }

    /// A builder that holds what this keyring holds, its index key and its counts included.
    ///
    /// ```
    /// # use encrypted_fields::testing;
    /// let keyring = testing::keyring();
    /// assert_eq!(keyring.to_builder().build()?.primary_id(), keyring.primary_id());
    /// # Ok::<(), encrypted_fields::KeyError>(())
    /// ```
    pub fn to_builder(&self) -> KeyringBuilder {
        let inner = (*self.0).clone();
        KeyringBuilder {
            application: inner.application.to_string(),
            index: inner.index.keys(&inner.keys).to_vec(),
            keys: inner.keys,
            nonces: inner.nonces,
            hook: inner.hook,
            scoped: inner.scoped,
            derive_index: true,
            held_elsewhere: inner.held_elsewhere,
            on_unknown_key: inner.on_unknown_key,
        }
    }

    /// A keyring that answers for a key scope (`key = column`) as well, with `keys`. The context still names this
    /// keyring's application; that of `keys` is not used.
    ///
    /// ```
    /// use encrypted_fields::{ScopeId, testing};
    ///
    /// let keyring = testing::keyring().with_scoped(ScopeId::from_bytes(b"tenant 7"), testing::keyring());
    /// # let _ = keyring;
    /// ```
    #[must_use]
    pub fn with_scoped(mut self, value: impl Into<ScopeId>, keys: Keyring) -> Self {
        Arc::make_mut(&mut self.0).scoped.insert(value.into(), keys);
        self
    }

    /// A keyring of the same application and the same source of nonces with the keys of one data subject alone, see
    /// [`SubjectKey::keys`].
    ///
    /// # Errors
    ///
    /// [`KeyError::Material`]: the bytes are no such keys.
    ///
    /// ```
    /// use encrypted_fields::{Algorithm, SubjectKey, testing};
    ///
    /// let key = SubjectKey::generate()?.to_bytes();
    /// let keyring = testing::keyring().of_subject(&key, Algorithm::Aes256Gcm, 7)?;
    /// assert_eq!((keyring.application(), keyring.primary_id()), ("test", 7));
    /// # Ok::<(), encrypted_fields::KeyError>(())
    /// ```
    pub fn of_subject(&self, key: &[u8], algorithm: Algorithm, id: u32) -> Result<Self, KeyError> {
        let (key, index) = SubjectKey::keys(key, algorithm, id)?;
        Ok(Self(Arc::new(Inner {
            application: Arc::clone(&self.0.application),
            context_prefix: Arc::clone(&self.0.context_prefix),
            primary: key.clone(),
            keys: vec![(key, KeyState::Primary)],
            index: IndexKeys::one(index),
            nonces: self.0.nonces,
            hook: None,
            scoped: HashMap::new(),
            held_elsewhere: None,
            on_unknown_key: None,
        })))
    }

    /// The same for many key scopes at once, and `elsewhere` is asked for every other, whoever was asked before: a page's keys.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use encrypted_fields::{ScopeId, ScopedKeyring, ScopedKeys, testing};
    ///
    /// struct Nobody;
    /// impl ScopedKeyring for Nobody {
    ///     fn keys_of(&self, _: &[u8]) -> ScopedKeys {
    ///         ScopedKeys::Unknown
    ///     }
    /// }
    /// let page = [(ScopeId::from(7_i64), testing::keyring()), (ScopeId::from(8_i64), testing::keyring())];
    /// let keyring = testing::keyring().with_scopes(page, Arc::new(Nobody));
    /// # let _ = keyring;
    /// ```
    #[must_use]
    pub fn with_scopes(
        mut self,
        keys: impl IntoIterator<Item = (ScopeId, Keyring)>,
        elsewhere: Arc<dyn ScopedKeyring>,
    ) -> Self {
        let inner = Arc::make_mut(&mut self.0);
        inner.scoped.extend(keys);
        inner.held_elsewhere = Some(elsewhere);
        self
    }

    /// The application's name.
    ///
    /// ```
    /// # use encrypted_fields::testing;
    /// assert_eq!(testing::keyring().application(), "test");
    /// ```
    pub fn application(&self) -> &str {
        &self.0.application
    }

    /// The id of the key that seals.
    ///
    /// ```
    /// # use encrypted_fields::testing;
    /// let keyring = testing::keyring();
    /// assert!(keyring.keys().any(|key| key.id == keyring.primary_id()));
    /// ```
    pub fn primary_id(&self) -> u32 {
        self.0.primary.id()
    }

    /// Every key, without its bytes, in the order they were given.
    ///
    /// ```
    /// # use encrypted_fields::testing;
    /// assert_eq!(testing::keyring().keys().map(|key| key.seals).sum::<u64>(), 0);
    /// ```
    pub fn keys(&self) -> impl Iterator<Item = KeyInfo> + '_ {
        self.0.keys.iter().map(|(key, state)| KeyInfo {
            id: key.id(),
            algorithm: key.algorithm(),
            state: *state,
            seals: key.key().budget.seals(),
        })
    }

    /// Every data key with its state, for whoever puts them into a key store.
    ///
    /// ```
    /// # use encrypted_fields::testing;
    /// assert_eq!(testing::keyring().data_keys().count(), 1);
    /// ```
    pub fn data_keys(&self) -> impl Iterator<Item = (&DataKey, KeyState)> {
        self.0.keys.iter().map(|(key, state)| (key, *state))
    }

    /// Whether no index key was given, so that the single data key stands in for it.
    #[doc(hidden)]
    pub fn index_is_derived(&self) -> bool {
        matches!(self.0.index, IndexKeys::Derived(_))
    }

    /// The keys as a cleartext Tink JSON keyset, with which any Tink opens the values, given their context. It carries
    /// the keys that seal, never the seeds they are derived from: no index key can be made of it.
    ///
    /// ```
    /// # use encrypted_fields::testing;
    /// assert!(testing::keyring().export_tink().expose().contains("google.crypto.tink.AesGcmKey"));
    /// ```
    pub fn export_tink(&self) -> Secret<String> {
        tink::export(self.primary_id(), &self.0.keys)
    }

    /// How every context begins: `0x01 | length, u32 big-endian | application`.
    pub(crate) fn context_prefix(&self) -> &[u8] {
        &self.0.context_prefix
    }

    /// The keys of a key scope; the keyring's own where a value has none. What is done with them stands once, after this: as a
    /// closure for each of the three cases it was not inlined any more, and opening took an eighth longer.
    #[inline]
    fn in_scope(&self, scope: Option<&[u8]>) -> Result<Held<'_>, NoScope> {
        match scope {
            None => Ok(Held::Here(self)),
            Some(scope) => self.held(scope),
        }
    }

    /// The keys of a key scope, to be asked for once a row and not for every value of it.
    #[inline]
    pub(crate) fn held(&self, scope: &[u8]) -> Result<Held<'_>, NoScope> {
        match self.0.scoped.get(scope) {
            Some(keys) => Ok(Held::Here(keys)),
            None => self.held_elsewhere(scope).map(Held::Elsewhere),
        }
    }

    fn held_elsewhere(&self, scope: &[u8]) -> Result<Keyring, NoScope> {
        match self.0.held_elsewhere.as_ref().map(|held| held.keys_of(scope)) {
            None => Err(NoScope::Unknown),
            Some(ScopedKeys::Held(keys)) => Ok(keys),
            Some(ScopedKeys::Erased) => Err(NoScope::Erased),
            Some(ScopedKeys::NotLoaded) => Err(NoScope::NotLoaded),
            Some(ScopedKeys::Unknown) => Err(NoScope::Unknown),
            Some(ScopedKeys::Unusable(why)) => Err(NoScope::Unusable(why)),
        }
    }

    /// Whether both are the same snapshot.
    pub(crate) fn is(&self, other: &Keyring) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Seals what `encode` appends, under the primary key.
    #[inline]
    pub(crate) fn seal(
        &self,
        scope: Option<&[u8]>,
        aad: &[u8],
        capacity_hint: usize,
        encode: impl FnOnce(&mut Vec<u8>) -> Result<(), SealReason>,
    ) -> Result<Vec<u8>, SealReason> {
        let held = self.in_scope(scope)?;
        let Inner { primary, hook, nonces, .. } = &*held.keyring().0;
        let key = primary.key();
        key.budget.spend(hook.as_ref())?;
        let mut wire = Vec::new();
        key.cipher.seal(key.id, *nonces, aad, capacity_hint, encode, &mut wire)?;
        counters::sealed();
        Ok(wire)
    }

    /// Opens into `out`, under the key that the bytes name.
    #[inline]
    pub(crate) fn open<'o>(
        &self,
        scope: Option<&[u8]>,
        aad: &[u8],
        wire: &[u8],
        out: &'o mut Vec<u8>,
    ) -> Result<&'o [u8], OpenReason> {
        let opened = self.try_open(scope, aad, wire, out);
        counters::opened(opened.as_ref().err());
        opened
    }

    /// Seals bytes in a context as they are, without a type tag: for benchmarks.
    ///
    /// # Errors
    ///
    /// As sealing a field.
    #[doc(hidden)]
    pub fn seal_raw(&self, aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, SealReason> {
        self.seal(None, aad, plaintext.len(), |wire| {
            wire.extend_from_slice(plaintext);
            Ok(())
        })
    }

    /// Opens what [`seal_raw`](Self::seal_raw) sealed, into a buffer that is used again: for benchmarks.
    ///
    /// # Errors
    ///
    /// As opening a field.
    #[doc(hidden)]
    pub fn open_raw<'o>(&self, aad: &[u8], wire: &[u8], out: &'o mut Vec<u8>) -> Result<&'o [u8], OpenReason> {
        self.open(None, aad, wire, out)
    }

    #[inline]
    fn try_open<'o>(
        &self,
        scope: Option<&[u8]>,
        aad: &[u8],
        wire: &[u8],
        out: &'o mut Vec<u8>,
    ) -> Result<&'o [u8], OpenReason> {
        let held = self.in_scope(scope)?;
        let keys = held.keyring();
        let key_id = seal::key_id(wire)?;
        match keys.0.keys.iter().find(|(key, _)| key.id() == key_id) {
            Some((_, KeyState::Disabled)) => Err(OpenReason::DisabledKey { key_id }),
            Some((key, _)) => key.key().cipher.open(aad, wire, out),
            None => Err(keys.unknown_key(key_id)),
        }
    }

    #[cold]
    fn unknown_key(&self, key_id: u32) -> OpenReason {
        self.0.on_unknown_key.iter().for_each(|hook| hook(key_id));
        OpenReason::UnknownKey { key_id }
    }

    /// The blind index token of a value, under the key of new tokens.
    pub(crate) fn index_token(
        &self,
        scope: Option<&[u8]>,
        context: &[u8],
        value: &[u8],
    ) -> Result<Vec<u8>, NoIndexKey> {
        let held = self.in_scope(scope)?;
        let (newest, _) = held.keyring().index_keys()?;
        Ok(newest.token(context, value).to_vec())
    }

    /// The blind index tokens of a value under every index key, the newest first: what a query asks for.
    pub(crate) fn index_tokens(
        &self,
        scope: Option<&[u8]>,
        context: &[u8],
        value: &[u8],
    ) -> Result<Vec<Vec<u8>>, NoIndexKey> {
        let held = self.in_scope(scope)?;
        let (_, all) = held.keyring().index_keys()?;
        Ok(all.iter().map(|key| key.token(context, value).to_vec()).collect())
    }

    /// Whether a stored token is the value's, under the key that the token names.
    pub(crate) fn index_matches(
        &self,
        scope: Option<&[u8]>,
        context: &[u8],
        value: &[u8],
        token: &[u8],
    ) -> Result<bool, NoIndexKey> {
        let held = self.in_scope(scope)?;
        let (_, all) = held.keyring().index_keys()?;
        let id = token.first_chunk().map(|id| u32::from_be_bytes(*id));
        match all.iter().find(|key| Some(key.id()) == id) {
            Some(key) => Ok(key.matches(context, value, token)),
            None => Ok(false),
        }
    }

    fn index_keys(&self) -> Result<(&IndexKey, &[IndexKey]), NoIndexKey> {
        let all = self.0.index.keys(&self.0.keys);
        all.first().map(|newest| (newest, all)).ok_or(NoIndexKey::Missing)
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring")
            .field("application", &self.0.application)
            .field("keys", &self.0.keys)
            .field("index", &self.0.index.keys(&self.0.keys))
            .field("scoped", &self.0.scoped.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
