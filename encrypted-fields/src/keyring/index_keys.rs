//! The index keys of a keyring: those it was given, or the one that stands in.

use std::sync::OnceLock;

use crate::error::{OpenReason, SealReason};

use super::{DataKey, IndexKey, KeyState, NoScope};

/// The key of new tokens first; empty where none was given and none can be derived.
#[derive(Clone)]
pub(super) enum IndexKeys {
    Given(Vec<IndexKey>),
    /// A data subject's, which a page makes a thousand of: an allocation less.
    One([IndexKey; 1]),
    /// Derived when it is asked for.
    Derived(OnceLock<Vec<IndexKey>>),
}

impl IndexKeys {
    pub(super) fn new(given: Vec<IndexKey>, derive: bool) -> Self {
        if given.is_empty() && derive { Self::Derived(OnceLock::new()) } else { Self::Given(given) }
    }

    pub(super) fn one(key: IndexKey) -> Self {
        Self::One([key])
    }

    /// `data_keys` are the keyring's.
    pub(super) fn keys(&self, data_keys: &[(DataKey, KeyState)]) -> &[IndexKey] {
        match self {
            Self::Given(keys) => keys,
            Self::One(keys) => keys,
            Self::Derived(keys) => keys.get_or_init(|| derived(data_keys).into_iter().collect()),
        }
    }
}

/// A single native key is the index's root too. With more than one there is no telling which it was, and the primary
/// would be another one after each rotation, which would silently change every token.
fn derived(keys: &[(DataKey, KeyState)]) -> Option<IndexKey> {
    match keys {
        [(key, _)] => key.seed().map(IndexKey::from_seed),
        _ => None,
    }
}

impl From<NoScope> for NoIndexKey {
    fn from(why: NoScope) -> Self {
        Self::Scope(why)
    }
}

/// Why there is no key to compute a blind index token with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoIndexKey {
    Scope(NoScope),
    Missing,
}

impl From<NoIndexKey> for SealReason {
    fn from(why: NoIndexKey) -> Self {
        match why {
            NoIndexKey::Scope(why) => why.into(),
            NoIndexKey::Missing => Self::IndexKey(NO_INDEX_KEY),
        }
    }
}

impl From<NoIndexKey> for OpenReason {
    fn from(why: NoIndexKey) -> Self {
        match why {
            NoIndexKey::Scope(why) => why.into(),
            NoIndexKey::Missing => Self::IndexKey(NO_INDEX_KEY),
        }
    }
}

pub(super) const NO_INDEX_KEY: &str = "the keyring has no index key, and cannot derive one from several keys or from an imported \
    one; set ENCRYPTION_INDEX_KEY to the value that ENCRYPTION_KEY had when the index was first written, or pass \
    KeyringBuilder::index_key";
