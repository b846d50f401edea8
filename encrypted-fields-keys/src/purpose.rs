//! What a stored key is for.

use std::fmt;
use std::str::FromStr;

/// What a stored key is for. It is bound to the wrapped bytes, so that no key can stand in for one of another purpose.
///
/// ```
/// use encrypted_fields_keys::Purpose;
///
/// assert_eq!("subject-root".parse(), Ok(Purpose::SubjectRoot));
/// assert_eq!(Purpose::Data.name(), "data");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Purpose {
    /// Authenticates the key store's records.
    StoreRoot,
    /// Seals and opens fields.
    Data,
    /// Computes blind indexes.
    Index,
    /// Wraps the keys of data subjects, and authenticates their records.
    SubjectRoot,
}

/// The name is not that of a purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown purpose; write data, index, subject-root or store-root")]
pub struct UnknownPurpose;

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 4] = [Self::StoreRoot, Self::Data, Self::Index, Self::SubjectRoot];

    /// The name, as stored and as written on a command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::StoreRoot => "store-root",
            Self::Data => "data",
            Self::Index => "index",
            Self::SubjectRoot => "subject-root",
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Purpose {
    type Err = UnknownPurpose;

    fn from_str(name: &str) -> Result<Self, UnknownPurpose> {
        Self::ALL.into_iter().find(|it| it.name() == name).ok_or(UnknownPurpose)
    }
}
