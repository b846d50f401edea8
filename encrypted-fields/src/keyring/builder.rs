//! Putting a keyring together, and refusing one that cannot be right.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::key_material::{KeyError, KeyOrigin};
use crate::seal::NonceSource;
use crate::tink;

use super::budget::{BudgetEvent, Hook};
use super::index_keys::IndexKeys;
use super::{DataKey, IndexKey, Inner, KeyState, Keyring, ScopeId, ScopedKeyring, UnknownKeyHook};

/// Makes a [`Keyring`]; see [`Keyring::builder`].
#[derive(Clone)]
#[must_use]
pub struct KeyringBuilder {
    pub(super) application: String,
    pub(super) keys: Vec<(DataKey, KeyState)>,
    pub(super) index: Vec<IndexKey>,
    pub(super) derive_index: bool,
    pub(super) nonces: NonceSource,
    pub(super) hook: Option<Hook>,
    pub(super) scoped: HashMap<ScopeId, Keyring>,
    pub(super) held_elsewhere: Option<Arc<dyn ScopedKeyring>>,
    pub(super) on_unknown_key: Option<UnknownKeyHook>,
}

impl KeyringBuilder {
    pub(super) fn new(application: String) -> Self {
        Self {
            application,
            keys: Vec::new(),
            index: Vec::new(),
            derive_index: true,
            nonces: NonceSource::default(),
            hook: None,
            scoped: HashMap::new(),
            held_elsewhere: None,
            on_unknown_key: None,
        }
    }

    /// The key that seals; exactly one.
    pub fn primary(self, key: DataKey) -> Self {
        self.key(key, KeyState::Primary)
    }

    /// A key that opens what it sealed in the past.
    pub fn decrypt_only(self, key: DataKey) -> Self {
        self.key(key, KeyState::DecryptOnly)
    }

    /// A key that neither seals nor opens: its values fail with its id and this reason.
    pub fn disabled(self, key: DataKey) -> Self {
        self.key(key, KeyState::Disabled)
    }

    /// Makes `key` the primary key, and the primary key of before a decrypt-only one.
    ///
    /// ```
    /// use encrypted_fields::{Algorithm, DataKey, testing};
    ///
    /// let before = testing::keyring();
    /// let after = before.to_builder().rotate_to(DataKey::generate(Algorithm::Aes256Gcm)?).build()?;
    /// assert_eq!(after.keys().count(), 2);
    /// assert_ne!(after.primary_id(), before.primary_id());
    /// # Ok::<(), encrypted_fields::KeyError>(())
    /// ```
    pub fn rotate_to(mut self, key: DataKey) -> Self {
        for (_, state) in self.keys.iter_mut().filter(|(_, state)| *state == KeyState::Primary) {
            *state = KeyState::DecryptOnly;
        }
        self.primary(key)
    }

    /// The key of new blind index tokens. Without one, a keyring of a single native key derives it from that key.
    pub fn index_key(mut self, key: IndexKey) -> Self {
        self.index.insert(0, key);
        self
    }

    /// Lets no data key stand in for the index key: without one there are no blind indexes. For keys from a key store, where
    /// a second data key may be there at any moment, and the one that stands in would be gone.
    pub fn without_derived_index(mut self) -> Self {
        self.derive_index = false;
        self
    }

    /// A key of older blind index tokens, which queries ask for as well.
    pub fn old_index_key(mut self, key: IndexKey) -> Self {
        self.index.push(key);
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

    /// Called with the id of a key that a value names and this keyring lacks, whenever one is met: who calls is opening a value,
    /// so the hook only notes it, for a refresh that runs elsewhere.
    pub fn on_unknown_key(mut self, hook: Arc<dyn Fn(u32) + Send + Sync>) -> Self {
        self.on_unknown_key = Some(hook);
        self
    }

    /// Asks `keys` for the key scopes that [`Keyring::with_scoped`] does not name.
    pub fn scoped_elsewhere(mut self, keys: Arc<dyn ScopedKeyring>) -> Self {
        self.held_elsewhere = Some(keys);
        self
    }

    /// A key in this state.
    pub fn key(mut self, key: DataKey, state: KeyState) -> Self {
        self.keys.push((key, state));
        self
    }

    /// Adds the keys of a cleartext Tink JSON keyset, each in its own state.
    ///
    /// # Errors
    ///
    /// [`KeyError::Tink`], with what cannot be imported.
    ///
    /// ```
    /// use encrypted_fields::{Keyring, testing};
    ///
    /// let json = testing::keyring().export_tink();
    /// let imported = Keyring::builder("test").tink(json.expose())?.build()?;
    /// assert_eq!(imported.keys().count(), 1);
    /// # Ok::<(), encrypted_fields::KeyError>(())
    /// ```
    pub fn tink(mut self, json: &str) -> Result<Self, KeyError> {
        self.keys.extend(tink::import(json, &KeyOrigin::Given)?);
        Ok(self)
    }

    /// Checks it all and makes the keyring.
    ///
    /// # Errors
    ///
    /// A [`KeyError`]: no primary key or two, an id or the bytes of a key twice, an index key twice, an empty
    /// application.
    pub fn build(self) -> Result<Keyring, KeyError> {
        let primary = primary(&self.keys)?;
        distinct(&self.keys)?;
        distinct_index(&self.index)?;
        let context_prefix = context_prefix(&self.application)?;
        Ok(Keyring(Arc::new(Inner {
            application: self.application.into(),
            context_prefix: context_prefix.into(),
            primary,
            keys: self.keys,
            index: IndexKeys::new(self.index, self.derive_index),
            nonces: self.nonces,
            hook: self.hook,
            scoped: self.scoped,
            held_elsewhere: self.held_elsewhere,
            on_unknown_key: self.on_unknown_key,
        })))
    }
}

fn primary(keys: &[(DataKey, KeyState)]) -> Result<DataKey, KeyError> {
    let mut primaries = keys.iter().filter(|(_, state)| *state == KeyState::Primary).map(|(key, _)| key);
    match (primaries.next(), primaries.next()) {
        (None, _) => Err(KeyError::NoPrimary),
        (Some(key), None) => Ok(key.clone()),
        (Some(first), Some(second)) => Err(KeyError::TwoPrimaries(first.id(), second.id())),
    }
}

fn distinct(keys: &[(DataKey, KeyState)]) -> Result<(), KeyError> {
    for (at, (first, _)) in keys.iter().enumerate() {
        for (second, _) in keys.iter().skip(at + 1) {
            let (id, same) = (first.id(), first.same_bytes(second));
            if same && first.algorithm() != second.algorithm() {
                return Err(KeyError::TwoAlgorithms { id, first: first.algorithm(), second: second.algorithm() });
            }
            if id == second.id() {
                return Err(KeyError::DuplicateId(id));
            }
            if same {
                return Err(KeyError::SameBytes(id, second.id()));
            }
        }
    }
    Ok(())
}

fn distinct_index(keys: &[IndexKey]) -> Result<(), KeyError> {
    for (at, first) in keys.iter().enumerate() {
        if keys.iter().skip(at + 1).any(|second| second.id() == first.id()) {
            return Err(KeyError::DuplicateIndexKey(first.id()));
        }
    }
    Ok(())
}

/// `0x01 | application's length, u32 big-endian | application`: how every context begins.
fn context_prefix(application: &str) -> Result<Vec<u8>, KeyError> {
    let found = application.len();
    match u8::try_from(found) {
        Ok(length @ 1..) => Ok([&[0x01, 0, 0, 0, length], application.as_bytes()].concat()),
        _ => Err(KeyError::Application { found }),
    }
}

impl fmt::Debug for KeyringBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyringBuilder")
            .field("application", &self.application)
            .field("keys", &self.keys)
            .field("index", &self.index)
            .finish_non_exhaustive()
    }
}
