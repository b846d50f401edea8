//! What can go wrong, and where: sealing and opening fail differently, so each has a type of its own.
//!
//! No error of this crate carries a plaintext, a ciphertext or key material.

use std::borrow::Cow;
use std::fmt;

/// The column, and the row in it, that an error is about.
///
/// A row is named by its bound columns. Numbers and UUIDs are printed; a text or binary value may be a person's data,
/// so only its length is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// Database schema, where the model names one.
    pub schema: Option<&'static str>,
    /// Table, as the database spells it. Empty where a value has no column (the paved path without Diesel).
    pub table: &'static str,
    /// Column, as the database spells it.
    pub column: &'static str,
    /// The bound columns and their printable values, e.g. `id=7`; empty for an unbound value.
    pub row: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = self.schema {
            write!(f, "{schema}.")?;
        }
        write!(f, "{}.{}", self.table, self.column)?;
        if self.row.is_empty() { Ok(()) } else { write!(f, " [{}]", self.row) }
    }
}

/// A value could not be sealed; nothing was written.
#[derive(Debug, Clone)]
pub struct SealError {
    place: Option<Box<Place>>,
    reason: SealReason,
}

/// Why a value could not be sealed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealReason {
    /// There is no keyring where the statement was built.
    #[error(transparent)]
    NoKeyring(#[from] NoKeyring),
    /// The keyring has no keys for this key scope (`key = column`).
    #[error("the keyring has no key for this row's key scope; add it with Keyring::with_scoped")]
    UnknownScope,
    /// The key has sealed as often as AES-GCM with random nonces allows.
    #[error(
        "key {key_id} has sealed 2^32 values, the limit of AES-256-GCM; make a new primary key, or use XAES-256-GCM"
    )]
    Exhausted {
        /// The key's id.
        key_id: u32,
    },
    /// The seals that this process leased from the common counter are used up, and new ones have not come yet.
    #[error(
        "this process has used up the seals it leased for key {key_id}, and the key store has not leased it more; try \
         again, and see that the key store can be reached"
    )]
    NotLeased {
        /// The key's id.
        key_id: u32,
    },
    /// The key of this data subject was destroyed: nothing of this person is sealed again.
    #[error("the key of this row's data subject was erased; nothing is sealed for an erased subject")]
    Erased,
    /// The key of this key scope is not in memory, and sealing asks nobody.
    #[error(
        "the key of this row's key scope is not loaded; load it first (`Subjects::keyring_for` of encrypted-fields-keys)"
    )]
    NotLoaded,
    /// The key of this key scope is stored, and cannot be used.
    #[error("the key of this row's key scope cannot be used: {0}")]
    ScopeKey(&'static str),
    /// The value is not one the column's type can hold exactly.
    #[error("the value does not fit: {0}")]
    Value(Cow<'static, str>),
    /// The keyring has no index key, or more than one could be meant.
    #[error("{0}")]
    IndexKey(&'static str),
    /// A bound column's value has no canonical form.
    #[error("bound column `{column}`: {reason}")]
    Bound {
        /// The bound column.
        column: &'static str,
        /// What is wrong with it.
        reason: Cow<'static, str>,
    },
    /// The operating system gave no randomness.
    #[error("the operating system's random number generator failed; nothing was sealed")]
    Random,
}

/// A value could not be opened; the stored bytes are untouched.
///
/// When the value came back from `INSERT .. RETURNING` or `UPDATE .. RETURNING`, the statement has already run: outside
/// a transaction it has been committed.
#[derive(Debug, Clone)]
pub struct OpenError {
    place: Option<Box<Place>>,
    reason: OpenReason,
}

/// Why a value could not be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenReason {
    /// There is no keyring where the row was read.
    #[error(transparent)]
    NoKeyring(#[from] NoKeyring),
    /// The keyring has no keys for this key scope (`key = column`).
    #[error("the keyring has no key for this row's key scope; add it with Keyring::with_scoped")]
    UnknownScope,
    /// The keyring does not hold the key that the value names.
    #[error("sealed under key {key_id}, which this keyring does not hold; add it as a decrypt-only key")]
    UnknownKey {
        /// The key id that the bytes carry.
        key_id: u32,
    },
    /// The key is in the keyring, but disabled.
    #[error("sealed under key {key_id}, which is disabled")]
    DisabledKey {
        /// The key's id.
        key_id: u32,
    },
    /// The key of this data subject was destroyed, and its values with it: not a failure, and for ever.
    #[error("the data subject was erased: its key is destroyed, and this value with it")]
    Erased,
    /// The key of this key scope is not in memory, and opening asks nobody.
    #[error(
        "the key of this row's key scope is not loaded; load it first (`Subjects::open_all` of encrypted-fields-keys)"
    )]
    NotLoaded,
    /// The key of this key scope is stored, and cannot be used.
    #[error("the key of this row's key scope cannot be used: {0}")]
    ScopeKey(&'static str),
    /// The bytes were changed, belong to another row, column, table or application, or the key is another one.
    #[error(
        "authentication failed under key {key_id}: the bytes were altered, were sealed for another row, column, table \
         or application, or under another key of the same id"
    )]
    Authentication {
        /// The key id that the bytes carry.
        key_id: u32,
    },
    /// The bytes are not a sealed value at all.
    #[error("not a sealed value: {0}")]
    Malformed(&'static str),
    /// The value opened, but it is not of the type that was asked for, or does not fit it exactly.
    #[error("the sealed value does not fit the field: {0}")]
    Value(Cow<'static, str>),
    /// The blind index stored beside the value does not belong to it.
    #[error("the blind index in `{column}` does not belong to the value: one of the two was changed")]
    Index {
        /// The index column.
        column: &'static str,
    },
    /// The keyring has no index key to check the blind index with.
    #[error("{0}")]
    IndexKey(&'static str),
    /// A bound column's value has no canonical form.
    #[error("bound column `{column}`: {reason}")]
    Bound {
        /// The bound column.
        column: &'static str,
        /// What is wrong with it.
        reason: Cow<'static, str>,
    },
    /// The value was not read: sealing it failed, and the failure was never looked at.
    #[error("the value was never sealed: {0}")]
    Unsealed(SealReason),
}

/// Why no keyring was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoKeyring {
    /// Nothing was set.
    #[error(
        "no keyring: call encrypted_fields::set_default_keyring at start-up, or run inside scope::with / scope::task"
    )]
    Unset,
    /// A scoped keyring has been used in this process, which turns the default off, and this code runs outside any scope.
    #[error(
        "no keyring in scope: this process uses scoped keyrings, so the default is off; the scope was lost, \
         perhaps across a spawn or a stream polled elsewhere"
    )]
    ScopeLost,
    /// The thread's scope and the task's scope hold different keyrings.
    #[error("the thread's scope and the task's scope hold different keyrings; use one of them")]
    Disagree,
}

macro_rules! placed {
    ($error:ident, $reason:ident, $verb:literal) => {
        impl $error {
            /// Wraps a reason, without a place.
            pub fn new(reason: $reason) -> Self {
                Self { place: None, reason }
            }

            /// Why.
            pub fn reason(&self) -> &$reason {
                &self.reason
            }

            /// Which column of which row, where the value has one.
            pub fn place(&self) -> Option<&Place> {
                self.place.as_deref()
            }

            /// Names the place, unless one is named already.
            #[must_use]
            pub fn at(mut self, place: impl FnOnce() -> Place) -> Self {
                self.place.get_or_insert_with(|| Box::new(place()));
                self
            }
        }

        impl From<$reason> for $error {
            fn from(reason: $reason) -> Self {
                Self::new(reason)
            }
        }

        impl fmt::Display for $error {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match &self.place {
                    Some(place) => write!(f, concat!("cannot ", $verb, " {}: {}"), place, self.reason),
                    None => write!(f, concat!("cannot ", $verb, ": {}"), self.reason),
                }
            }
        }

        impl std::error::Error for $error {
            fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
                Some(&self.reason)
            }
        }
    };
}
placed!(SealError, SealReason, "seal");
placed!(OpenError, OpenReason, "open");
