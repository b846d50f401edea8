//! Field-level encryption for Diesel: annotate a struct, and its fields reach the database sealed, bound to their row,
//! and come back typed.
//!
//! ```
//! use diesel::prelude::*;
//! use encrypted_fields::{EncryptedModel, scope, testing};
//! use rust_decimal::Decimal;
//!
//! diesel::table! {
//!     use diesel::sql_types::*;
//!     use encrypted_fields::sql_types::*;
//!     wallets (id) {
//!         id -> BigInt,
//!         owner_id -> BigInt,
//!         balance -> Encrypted<Numeric>,
//!     }
//! }
//!
//! #[derive(Identifiable, EncryptedModel)]
//! #[encrypted(bind(id, owner_id))]
//! struct Wallet {
//!     id: i64,
//!     owner_id: i64,
//!     #[encrypted]
//!     balance: Decimal,
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # #[cfg(feature = "sqlite")]
//! scope::with(&testing::keyring(), || -> Result<(), Box<dyn std::error::Error>> {
//!     # let conn = &mut SqliteConnection::establish(":memory:")?;
//!     # diesel::sql_query("CREATE TABLE wallets (id BIGINT PRIMARY KEY, owner_id BIGINT, balance BLOB)").execute(conn)?;
//!     let wallet = Wallet { id: 1, owner_id: 7, balance: "42.50".parse()? };
//!     diesel::insert_into(wallets::table).values(&wallet).execute(conn)?;
//!     let wallet: Wallet = Wallet::query().first(conn)?;
//!     assert_eq!(wallet.balance, "42.50".parse()?);
//!     Ok(())
//! })?;
//! # Ok(()) }
//! ```
//!
//! The modules are declared in the order a value passes through them: a value is [encoded](codec), tied to its place by
//! a [context], sealed under a key of the [keyring](Keyring), and becomes the [`Sealed`] value of a
//! [column](sql_types). [`EncryptedModel`] describes the attributes of the derive. Without Diesel there is
//! [`encrypt_bytes`] and its siblings.

// A module uses only those above it.
mod class;
mod diesel_internal;
pub mod error;
mod normalize;
mod secret;

pub mod sql_types;

pub mod codec;

#[doc(hidden)]
pub mod probe;

#[cfg(feature = "kinds")]
pub mod kinds;

pub mod bound;

pub mod domains;

mod derive_key;
mod seal;
mod version;

mod key_material;
mod tink;

pub mod keyring;

pub mod scope;
mod simple;
pub mod testing;

pub mod index;
pub mod sealed;

pub mod context;
pub mod model;
pub mod row;

pub mod page;
pub mod part;

pub mod assign;
mod column;
pub mod guard;
mod multi;
pub mod query;

#[cfg(feature = "postgres")]
mod ids;
pub mod prove;

#[cfg(test)]
mod troubleshooting;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use assign::write_conflict;
pub use class::Class;
pub use encrypted_fields_derive::EncryptedModel;
pub use error::{OpenError, SealError};
#[cfg(feature = "postgres")]
pub use ids::next_ids;
#[cfg(all(feature = "postgres", feature = "async"))]
pub use ids::next_ids_async;
pub use index::{BlindIndex, IndexOf};
#[cfg(feature = "passphrase")]
pub use key_material::passphrase;
pub use key_material::{KeyError, KeyOrigin, PassphraseReason, TinkReason};
pub use keyring::{
    BudgetEvent, DataKey, IndexKey, KeyInfo, KeyMaterial, KeyState, Keyring, KeyringBuilder, KeyringSource, RootKey,
    ScopeId, ScopedKeyring, ScopedKeys, SubjectKey,
};
pub use model::EncryptedModel;
pub use page::{Cores, open_all, seal_all};
pub use query::IndexEq;
pub use scope::{current_keyring, set_default_keyring};
pub use seal::{Algorithm, NonceSource, UnknownAlgorithm};
pub use sealed::{Sealed, SealedOf};
pub use secret::Secret;
pub use simple::{decrypt_bytes, decrypt_string, encrypt_bytes, encrypt_string};
pub use version::Version;
