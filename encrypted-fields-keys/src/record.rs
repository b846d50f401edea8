//! What the key store keeps of one key: everything but the key.

use std::fmt;
use std::str::FromStr;

use encrypted_fields::{Algorithm, KeyState};
use serde::{Deserialize, Serialize};

use crate::kek::WrapContext;
use crate::purpose::Purpose;

/// Seconds since 1970-01-01T00:00:00Z.
pub type UnixSeconds = i64;

/// A key as it is stored: its wrapped bytes once a slot, and what it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// The id that values, tokens or wrapped keys carry.
    pub id: u32,
    /// What it is for.
    pub purpose: Purpose,
    /// What it is used with.
    pub algorithm: KeyAlgorithm,
    /// Whether it came from a Tink keyset, and so only seals and opens.
    pub imported: bool,
    /// What it may do.
    pub state: StoredState,
    /// When it was made.
    pub created: UnixSeconds,
    /// When it was first made primary.
    pub activated: Option<UnixSeconds>,
    /// When it ceased to be primary, or was retired without having been.
    pub retired: Option<UnixSeconds>,
    /// When its slots were destroyed.
    pub destroyed: Option<UnixSeconds>,
    /// What its bytes derive under the label "check". None for an imported key.
    pub check: Option<[u8; 16]>,
    /// Its wrapped bytes, once a KEK; any of them opens. Empty once it is destroyed.
    pub slots: Vec<Slot>,
}

/// A key's bytes, wrapped by one KEK.
#[derive(Clone, PartialEq, Eq)]
pub struct Slot {
    /// The KEK's name in the configuration. Nothing else of it is stored, so that stored bytes cannot send anybody elsewhere.
    pub kek: String,
    /// What that KEK made.
    pub wrapped: Vec<u8>,
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Slot({}, {} bytes)", self.kek, self.wrapped.len())
    }
}

/// What a stored key may do.
///
/// ```text
/// pending -> primary -> decrypt-only -> disabled -> destroyed
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum StoredState {
    /// Made, and not used yet. It opens, so that a process that has not heard of its promotion reads what others seal.
    Pending,
    /// Seals and opens; one a purpose.
    Primary,
    /// Opens.
    DecryptOnly,
    /// Neither, and may come back.
    Disabled,
    /// Its bytes are gone, its id stays taken.
    Destroyed,
}

impl StoredState {
    /// Every state, in the order of a key's life.
    pub const ALL: [Self; 5] = [Self::Pending, Self::Primary, Self::DecryptOnly, Self::Disabled, Self::Destroyed];

    /// The name, as stored and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Primary => "primary",
            Self::DecryptOnly => "decrypt-only",
            Self::Disabled => "disabled",
            Self::Destroyed => "destroyed",
        }
    }

    /// Whether a process loads it, and as what.
    pub(crate) const fn loaded_as(self) -> Option<KeyState> {
        match self {
            Self::Primary => Some(KeyState::Primary),
            Self::Pending | Self::DecryptOnly => Some(KeyState::DecryptOnly),
            Self::Disabled | Self::Destroyed => None,
        }
    }
}

impl fmt::Display for StoredState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The name is not that of a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown state; expected pending, primary, decrypt-only, disabled or destroyed")]
pub struct UnknownState;

impl FromStr for StoredState {
    type Err = UnknownState;

    fn from_str(name: &str) -> Result<Self, UnknownState> {
        Self::ALL.into_iter().find(|it| it.name() == name).ok_or(UnknownState)
    }
}

/// What a stored key is used with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyAlgorithm {
    /// A data key of this algorithm.
    Data(Algorithm),
    /// An index key.
    HmacSha256,
    /// A root: it wraps by XAES-256-GCM and authenticates by HMAC-SHA256.
    Root,
}

impl KeyAlgorithm {
    /// The name, as stored and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Data(algorithm) => algorithm.name(),
            Self::HmacSha256 => "HMAC-SHA256",
            Self::Root => "ROOT",
        }
    }

    /// The algorithm that a key of this purpose has: `data`'s where it is a data key.
    pub const fn of(purpose: Purpose, data: Algorithm) -> Self {
        match purpose {
            Purpose::Data => Self::Data(data),
            Purpose::Index => Self::HmacSha256,
            Purpose::StoreRoot | Purpose::SubjectRoot => Self::Root,
        }
    }
}

impl fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The name is not that of an algorithm of stored keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown algorithm; expected AES-256-GCM, XAES-256-GCM, HMAC-SHA256 or ROOT")]
pub struct UnknownKeyAlgorithm;

impl FromStr for KeyAlgorithm {
    type Err = UnknownKeyAlgorithm;

    fn from_str(name: &str) -> Result<Self, UnknownKeyAlgorithm> {
        match name {
            "HMAC-SHA256" => Ok(Self::HmacSha256),
            "ROOT" => Ok(Self::Root),
            _ => name.parse().map(Self::Data).map_err(|_| UnknownKeyAlgorithm),
        }
    }
}

impl KeyRecord {
    /// What its wrapped bytes are bound to in a keyset of this application and tenant.
    pub fn wrap_context(&self, application: &str, tenant: &str) -> WrapContext {
        WrapContext {
            application: application.to_owned(),
            tenant: tenant.to_owned(),
            purpose: self.purpose,
            key_id: self.id,
            algorithm: self.algorithm.name().to_owned(),
        }
    }

    /// The slot of a KEK.
    pub fn slot(&self, kek: &str) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.kek == kek)
    }

    /// The canonical bytes that the keyset's MAC covers: every field, lengths in front.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        length_prefixed(self.purpose.name().as_bytes(), out);
        out.extend_from_slice(&self.id.to_be_bytes());
        length_prefixed(self.algorithm.name().as_bytes(), out);
        out.push(u8::from(self.imported));
        length_prefixed(self.state.name().as_bytes(), out);
        out.extend_from_slice(&self.created.to_be_bytes());
        for date in [self.activated, self.retired, self.destroyed] {
            optional(date.map(i64::to_be_bytes), out);
        }
        optional(self.check, out);
        out.extend_from_slice(&count(self.slots.len()));
        for slot in &self.slots {
            length_prefixed(slot.kek.as_bytes(), out);
            length_prefixed(&slot.wrapped, out);
        }
    }
}

pub(crate) fn length_prefixed(bytes: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&count(bytes.len()));
    out.extend_from_slice(bytes);
}

pub(crate) fn count(length: usize) -> [u8; 4] {
    u32::try_from(length).expect("names, slots and wrapped keys are shorter than 4 GiB").to_be_bytes()
}

fn optional<const N: usize>(bytes: Option<[u8; N]>, out: &mut Vec<u8>) {
    match bytes {
        None => out.push(0),
        Some(bytes) => {
            out.push(1);
            out.extend_from_slice(&bytes);
        }
    }
}
