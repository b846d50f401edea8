//! Where the keys of `encrypted-fields` live, and who wraps them.
//!
//! The modules are declared in the order a data key passes through them. A module uses only those above it.

mod encoded;

pub mod purpose;

pub mod kek;

pub mod record;

pub mod keyset;

pub mod store;

pub mod error;

mod keks;

pub mod manager;

pub mod health;
mod lease;
mod service;
mod snapshot;
mod tenants;

pub mod subjects;

#[cfg(feature = "config")]
pub mod config;

#[cfg(test)]
mod troubleshooting;

pub use keyset::{Counter, Distrust, Keyset};
pub use record::{KeyAlgorithm, KeyRecord, Slot, StoredState, UnixSeconds};
#[cfg(feature = "postgres")]
pub use store::PostgresStore;
#[cfg(feature = "sqlite")]
pub use store::SqliteStore;
pub use store::{FileStore, KeyStore, StoreError};

#[cfg(feature = "config")]
pub use config::{Config, Finding, Severity};
pub use error::KeysError;
pub use health::{Fallback, Health};
#[cfg(feature = "aws")]
pub use kek::aws::{AwsKms, AwsKmsOptions};
#[cfg(feature = "pkcs11")]
pub use kek::pkcs11::{Pkcs11Kek, Pkcs11Options};
#[cfg(feature = "vault")]
pub use kek::vault::{VaultOptions, VaultTransit};
pub use kek::{Kek, KekError, KekReason, LocalKek, LocalOptions, WrapContext};
pub use keks::Keks;
pub use manager::{Import, KeyManager, Rewrap, Rewrapped};
pub use purpose::Purpose;
pub use service::{BlockingKeyService, KeyService, KeyServiceBuilder};
pub use subjects::{Subjects, SubjectsError};
pub use tenants::Tenants;
