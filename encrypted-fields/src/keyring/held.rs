//! The keys of a key scope, or why there are none.

use crate::error::{OpenReason, SealReason};

use super::Keyring;

/// The keys of a key scope.
#[derive(Debug)]
pub(crate) enum Held<'k> {
    Here(&'k Keyring),
    Elsewhere(Keyring),
}

impl Held<'_> {
    #[inline]
    pub(crate) fn keyring(&self) -> &Keyring {
        match self {
            Self::Here(keys) => keys,
            Self::Elsewhere(keys) => keys,
        }
    }
}

/// Why there are no keys for a key scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoScope {
    Unknown,
    Erased,
    NotLoaded,
    Unusable(&'static str),
}

impl From<NoScope> for SealReason {
    fn from(why: NoScope) -> Self {
        match why {
            NoScope::Unknown => Self::UnknownScope,
            NoScope::Erased => Self::Erased,
            NoScope::NotLoaded => Self::NotLoaded,
            NoScope::Unusable(why) => Self::ScopeKey(why),
        }
    }
}

impl From<NoScope> for OpenReason {
    fn from(why: NoScope) -> Self {
        match why {
            NoScope::Unknown => Self::UnknownScope,
            NoScope::Erased => Self::Erased,
            NoScope::NotLoaded => Self::NotLoaded,
            NoScope::Unusable(why) => Self::ScopeKey(why),
        }
    }
}
