//! The keys of a key scope: what `key = column` looks up.

use std::borrow::Borrow;
use std::fmt;

use crate::bound::Bound;

use super::Keyring;

/// A key scope's value in canonical bytes, such as a tenant's id.
///
/// ```
/// use encrypted_fields::ScopeId;
///
/// assert_eq!(format!("{:?}", ScopeId::from_bytes(b"tenant 7".to_vec())), "ScopeId(8 bytes)");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScopeId(Vec<u8>);

impl ScopeId {
    /// From canonical bytes. A column's value has a conversion of its own.
    ///
    /// ```
    /// # use encrypted_fields::ScopeId;
    /// assert_eq!(ScopeId::from_bytes([1]), ScopeId::from_bytes(vec![1]));
    /// ```
    pub fn from_bytes(canonical: impl Into<Vec<u8>>) -> Self {
        Self(canonical.into())
    }

    /// The canonical bytes.
    ///
    /// ```
    /// # use encrypted_fields::ScopeId;
    /// assert_eq!(ScopeId::from_bytes([1]).as_bytes(), [1]);
    /// ```
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The keys of key scopes that are held elsewhere than in the keyring: a bounded cache of them, for instance.
///
/// Asked for every value of a model with `key = column` whose scope is not in the keyring itself, so it does no I/O: what
/// is not in memory is [`ScopedKeys::NotLoaded`].
pub trait ScopedKeyring: Send + Sync {
    /// The keys of the scope of these canonical bytes.
    fn keys_of(&self, scope: &[u8]) -> ScopedKeys;
}

/// What a [`ScopedKeyring`] knows of a key scope.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ScopedKeys {
    /// Its keys.
    Held(Keyring),
    /// They were destroyed, for ever.
    Erased,
    /// Not in memory.
    NotLoaded,
    /// There are none.
    Unknown,
    /// There are some, and they cannot be used: why, and what to do.
    Unusable(&'static str),
}

impl Borrow<[u8]> for ScopeId {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

/// Only the size: a scope may be a person.
impl fmt::Debug for ScopeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ScopeId({} bytes)", self.0.len())
    }
}

/// From the canonical form of a key column's value.
impl From<Bound<'_>> for ScopeId {
    fn from(value: Bound<'_>) -> Self {
        let mut canonical = Vec::new();
        value.write(&mut canonical);
        Self(canonical)
    }
}

macro_rules! scope_id {
    ($($rust:ty, |$value:ident| $bound:expr;)*) => {$(
        impl From<$rust> for ScopeId {
            fn from($value: $rust) -> Self {
                $bound.into()
            }
        }
    )*};
}
scope_id! {
    i16, |value| Bound::Integer(value.into());
    i32, |value| Bound::Integer(value.into());
    i64, |value| Bound::Integer(value.into());
    &str, |value| Bound::Text(value.into());
    String, |value| Bound::Text(value.into());
}

#[cfg(feature = "uuid")]
scope_id! {
    uuid::Uuid, |value| Bound::Uuid(*value.as_bytes());
}
