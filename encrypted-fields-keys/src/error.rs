//! What can go wrong with keys at rest.

use encrypted_fields::KeyError;

use crate::kek::KekError;
use crate::keyset::Distrust;
use crate::purpose::Purpose;
use crate::record::StoredState;
use crate::store::StoreError;

/// An operation on stored keys did not go through. Nothing here carries a byte of a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeysError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What the store holds is not what was written.
    #[error(transparent)]
    Distrust(#[from] Distrust),
    /// A KEK.
    #[error(transparent)]
    Kek(#[from] KekError),
    /// Key material.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The configuration cannot be right.
    #[error("{0}")]
    Configuration(String),
    /// There is no keyset yet.
    #[error(
        "{store} has no keys of application `{application}`{}; make the first with `encrypted-fields keys generate`",
        of_tenant(tenant)
    )]
    NoKeyset {
        /// The store.
        store: String,
        /// The application.
        application: String,
        /// The tenant, or empty.
        tenant: String,
    },
    /// There is one already, and it is not overwritten.
    #[error("{store} has keys of application `{application}`{} already; they are not overwritten", of_tenant(tenant))]
    KeysetExists {
        /// The store.
        store: String,
        /// The application.
        application: String,
        /// The tenant, or empty.
        tenant: String,
    },
    /// No slot of a key could be opened.
    #[error("no slot of {purpose} key {key_id} opens: {}", list(failures))]
    Locked {
        /// What the key is for.
        purpose: Purpose,
        /// The key.
        key_id: u32,
        /// What each configured KEK said, in the configured order.
        failures: Vec<KekError>,
    },
    /// No configured KEK has a slot of the key.
    #[error(
        "{purpose} key {key_id} has slots of {slots:?} only, and none of these KEKs is configured; configure one of them under \
         its name"
    )]
    NoKek {
        /// What the key is for.
        purpose: Purpose,
        /// The key.
        key_id: u32,
        /// The KEKs' names.
        slots: Vec<String>,
    },
    /// What a KEK unwrapped is not the key that the record describes.
    #[error(
        "KEK `{kek}` unwrapped something that is not {purpose} key {key_id}: its check value or its id is another; the slot was \
         not written by this library"
    )]
    WrongBytes {
        /// The KEK.
        kek: String,
        /// What the key is for.
        purpose: Purpose,
        /// The key.
        key_id: u32,
    },
    /// There is no such key.
    #[error("there is no key {key_id}; `encrypted-fields keys list` shows those there are")]
    NoSuchKey {
        /// The id asked for.
        key_id: u32,
    },
    /// The key's state does not allow it.
    #[error("key {key_id} is {state}, and cannot be {doing}; {instead}")]
    State {
        /// The key.
        key_id: u32,
        /// Its state.
        state: StoredState,
        /// What was asked for.
        doing: &'static str,
        /// What to do about it.
        instead: &'static str,
    },
    /// Another operator made another key primary in the meantime.
    #[error(
        "key {now} was made primary in the meantime by somebody else, and key {asked} was not; look whether it still should be"
    )]
    PrimaryChanged {
        /// The primary key now.
        now: u32,
        /// The one that was to be.
        asked: u32,
    },
    /// The last slot of a key stays.
    #[error("`{kek}` is the only slot of key {key_id}, and without it the key would be lost; add another slot first")]
    LastSlot {
        /// The key.
        key_id: u32,
        /// The slot's KEK.
        kek: String,
    },
    /// The key has no slot of this KEK.
    #[error("key {key_id} has no slot of KEK `{kek}`")]
    NoSlot {
        /// The key.
        key_id: u32,
        /// The KEK.
        kek: String,
    },
    /// The configuration names no such KEK.
    #[error("no KEK `{name}` is configured; there are {configured:?}")]
    UnknownKek {
        /// The name asked for.
        name: String,
        /// The names there are.
        configured: Vec<String>,
    },
    /// A key is there already.
    #[error("key {key_id} is in the store already, and is not overwritten")]
    KeyExists {
        /// The key.
        key_id: u32,
    },
    /// A key's counter of seals is gone, went back, or was changed.
    #[error(
        "the counter of key {key_id} is {what}, so how often the key has sealed is not known; make a new primary key, and find \
         out who writes to the key store"
    )]
    Counter {
        /// The key.
        key_id: u32,
        /// What is wrong with it.
        what: &'static str,
    },
}

fn of_tenant(tenant: &str) -> String {
    if tenant.is_empty() { String::new() } else { format!(" and tenant `{tenant}`") }
}

fn list(failures: &[KekError]) -> String {
    failures.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
