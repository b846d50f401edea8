//! Parts: encrypted fields that a model embeds, sealed in the context of the model's row.
//!
//! ```
//! use diesel::prelude::*;
//! use encrypted_fields::EncryptedModel;
//!
//! diesel::table! {
//!     use diesel::sql_types::*;
//!     use encrypted_fields::sql_types::*;
//!     users (id) {
//!         id -> BigInt,
//!         email -> Encrypted<Text>,
//!         street -> Encrypted<Text>,
//!         zip -> Encrypted<Text>,
//!         zip_bidx -> Binary,
//!         city -> Text,
//!     }
//! }
//!
//! #[derive(Debug, Clone, PartialEq, EncryptedModel)]
//! #[diesel(table_name = users)]
//! #[encrypted(part)]
//! struct Address {
//!     #[encrypted]
//!     street: String,
//!     #[encrypted(index = zip_bidx)]
//!     zip: String,
//!     city: String,
//! }
//!
//! #[derive(Debug, Clone, PartialEq, Identifiable, EncryptedModel)]
//! struct User {
//!     id: i64,
//!     #[encrypted]
//!     email: String,
//!     #[encrypted(part)]
//!     address: Address,
//! }
//!
//! # #[cfg(feature = "sqlite")]
//! # encrypted_fields::scope::with(&encrypted_fields::testing::keyring(), || {
//! # let conn = &mut SqliteConnection::establish(":memory:").unwrap();
//! # diesel::sql_query("CREATE TABLE users (id BIGINT PRIMARY KEY, email BLOB, street BLOB, zip BLOB, zip_bidx BLOB, city TEXT)")
//! #     .execute(conn).unwrap();
//! let address = Address { street: "Via Roma 1".into(), zip: "20121".into(), city: "Milano".into() };
//! let user = User { id: 1, email: "ada@example.com".into(), address };
//! diesel::insert_into(users::table).values(&user).execute(conn)?;
//! assert_eq!(User::query().filter(Address::zip_eq("20121")).first::<User>(conn)?, user);
//!
//! let moved = Address { street: "Via Po 2".into(), ..user.address.clone() };
//! diesel::update(&user).set(user.row().set_address(&moved)).execute(conn)?;
//! assert_eq!(User::query().first::<User>(conn)?.address, moved);
//! # Ok::<(), diesel::result::Error>(())
//! # }).unwrap();
//! ```
//!
//! Diesel's derives want `QueryableByName` in scope where a struct embeds another, so import `diesel::prelude::*`.
//!
//! A part names no row itself: each model that embeds it binds its values to that model's row. What the derive writes for
//! it is the traits here; a program names [`EncryptedPart::Row`] at most.

use crate::error::{OpenError, SealError};
use crate::model::ColumnDescription;
use crate::row::RowContext;

/// A struct with `#[derive(EncryptedModel)]` and `#[encrypted(part)]`: what it encrypts.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an encrypted part",
    label = "not a part",
    note = "write `#[derive(EncryptedModel)]` and `#[encrypted(part)]` on that struct; for a struct of plain fields write \
            `#[diesel(embed)]` here"
)]
pub trait PartColumns {
    /// Whether a field of it has a blind index.
    const INDEXED: bool;
    /// Whether a value of it is bound to its row.
    const ROW_BOUND: bool;

    /// Its encrypted columns, as the model's description has them.
    fn columns() -> Vec<ColumnDescription>;
}

/// A part that is read.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an encrypted part that is read",
    label = "not a part that is read",
    note = "write `#[derive(EncryptedModel)]` and `#[encrypted(part)]` on that struct, and leave `Queryable` in `only(..)`; for \
            a struct of plain fields write `#[diesel(embed)]` here"
)]
pub trait EncryptedPart: PartColumns + Sized {
    /// The part as the database holds it: `SealedX`.
    type Row;
    /// Its sealed values and index tokens.
    type Sealed;

    /// Seals its fields for a row.
    fn seal_part(&self, row: &mut RowContext<'_>) -> Self::Sealed;

    /// Puts them beside the plain fields.
    ///
    /// # Errors
    /// The first field that could not be sealed, with its place.
    fn into_row(self, sealed: Self::Sealed) -> Result<Self::Row, SealError>;

    /// Opens what a row holds.
    ///
    /// # Errors
    /// The first field that cannot be opened, with its place.
    fn open_part(sealed: Self::Row, row: &mut RowContext<'_>) -> Result<Self, OpenError>;
}

/// A part, or a reference to it, on its way into an `INSERT`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an encrypted part that is inserted",
    note = "write `#[derive(EncryptedModel)]` and `#[encrypted(part)]` on that struct, and leave `Insertable` in `only(..)`"
)]
pub trait InsertPart {
    /// Its sealed values and index tokens.
    type Sealed;
    /// The tuple that Diesel inserts.
    type Values;

    /// Seals its fields for a row.
    fn seal_part(&self, row: &mut RowContext<'_>) -> Self::Sealed;

    /// Puts them beside the plain fields.
    fn insert_part(self, sealed: Self::Sealed) -> Self::Values;
}

/// A part, or a reference to it, on its way into an `UPDATE`; `Bind` and `Also` are the guard of the row.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an encrypted part that is updated",
    note = "write `#[derive(EncryptedModel)]` and `#[encrypted(part)]` on that struct, and leave `AsChangeset` in `only(..)`"
)]
pub trait ChangePart<Bind, Also> {
    /// Its sealed values and index tokens.
    type Sealed;
    /// The tuple that Diesel sets.
    type Changes;

    /// Seals its fields for a row.
    fn seal_part(&self, row: &mut RowContext<'_>) -> Self::Sealed;

    /// Guards them, and puts them beside the plain fields. `guard` is called once a value.
    fn change_part(self, sealed: Self::Sealed, guard: impl Fn() -> (Bind, Also)) -> Self::Changes;
}
