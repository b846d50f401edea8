//! The SQL types of encrypted columns, for `diesel::table!`.
//!
//! ```
//! diesel::table! {
//!     use diesel::sql_types::*;
//!     use encrypted_fields::sql_types::*;
//!     users (id) {
//!         id -> BigInt,
//!         email -> Encrypted<Text>,                  // BYTEA or BLOB, bound to the row
//!         profile -> Nullable<EncryptedText<Jsonb>>, // TEXT: the same bytes in base64url
//!         hint -> Encrypted<Text, Unbound>,          // opens in any row: the opt-out is visible here
//!     }
//! }
//! # fn main() {}
//! ```

use std::marker::PhantomData;

use diesel::query_builder::QueryId;
use diesel::sql_types::{Binary, SingleValue, SqlType, Text, is_nullable};

#[cfg(feature = "postgres")]
pub use diesel::sql_types::{Timestamptz, Uuid};

/// `uuid`, where Diesel's Postgres types are not compiled in.
#[cfg(not(feature = "postgres"))]
#[derive(Debug, Clone, Copy, Default, QueryId)]
pub struct Uuid;

/// `timestamptz`, where Diesel's Postgres types are not compiled in.
#[cfg(not(feature = "postgres"))]
#[derive(Debug, Clone, Copy, Default, QueryId)]
pub struct Timestamptz;

/// An encrypted column whose values are of SQL type `ST` once opened.
///
/// It is its own SQL type: a plaintext value cannot be compared with it or written into it.
pub struct Encrypted<ST, Policy = RowBound, Storage = AsBytes>(PhantomData<Marker<ST, Policy, Storage>>);

/// Neither owns nor borrows any of them: an SQL type is never a value.
type Marker<ST, Policy, Storage> = fn() -> (ST, Policy, Storage);

/// An encrypted column stored as TEXT: the bytes of [`Encrypted`] in unpadded base64url.
pub type EncryptedText<ST, Policy = RowBound> = Encrypted<ST, Policy, AsText>;

/// The default policy: a value opens only beside the bound columns of the row it was sealed for.
#[derive(Debug, Clone, Copy)]
pub struct RowBound;

/// A value opens in any row of its column: whoever can write the table can move it between rows.
#[derive(Debug, Clone, Copy)]
pub struct Unbound;

/// BYTEA or BLOB.
#[derive(Debug, Clone, Copy)]
pub struct AsBytes;

/// TEXT.
#[derive(Debug, Clone, Copy)]
pub struct AsText;

impl<ST: 'static, P: 'static, S: 'static> QueryId for Encrypted<ST, P, S> {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<ST: 'static, P: 'static, S: 'static> SqlType for Encrypted<ST, P, S> {
    type IsNull = is_nullable::NotNull;
    const IS_ARRAY: bool = false;
}

impl<ST: 'static, P: 'static, S: 'static> SingleValue for Encrypted<ST, P, S> {}

impl<ST, P, S> std::fmt::Debug for Encrypted<ST, P, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Encrypted")
    }
}

/// Whether a value is bound to its row.
pub trait Policy: 'static {
    /// True for [`RowBound`].
    const ROW_BOUND: bool;
}

impl Policy for RowBound {
    const ROW_BOUND: bool = true;
}

impl Policy for Unbound {
    const ROW_BOUND: bool = false;
}

/// How the sealed bytes lie in the database.
pub trait Storage: 'static {
    /// The SQL type that Diesel binds: `Binary` or `Text`.
    type Sql: 'static;
    /// True for [`AsText`].
    const TEXT: bool;
}

impl Storage for AsBytes {
    type Sql = Binary;
    const TEXT: bool = false;
}

impl Storage for AsText {
    type Sql = Text;
    const TEXT: bool = true;
}

/// The SQL type of an encrypted column, nullable or not.
#[diagnostic::on_unimplemented(
    message = "the column of this `#[encrypted]` field is `{Self}`, not an encrypted type",
    label = "not an encrypted column",
    note = "declare it in `table!` as `Encrypted<..>` or `EncryptedText<..>` of `encrypted_fields::sql_types`"
)]
pub trait EncryptedSql {
    /// The SQL type of the opened value.
    type Plain;
    /// [`RowBound`] or [`Unbound`].
    type Policy: Policy;
    /// [`AsBytes`] or [`AsText`].
    type Storage: Storage;
    /// The type without `Nullable`.
    type NotNull;
    /// Whether the column may be NULL.
    const NULLABLE: bool;
}

impl<ST, P: Policy, S: Storage> EncryptedSql for Encrypted<ST, P, S> {
    type Plain = ST;
    type Policy = P;
    type Storage = S;
    type NotNull = Self;
    const NULLABLE: bool = false;
}

impl<ST, P: Policy, S: Storage> EncryptedSql for diesel::sql_types::Nullable<Encrypted<ST, P, S>> {
    type Plain = ST;
    type Policy = P;
    type Storage = S;
    type NotNull = Encrypted<ST, P, S>;
    const NULLABLE: bool = true;
}

/// An encrypted column that is not bound to its row.
#[diagnostic::on_unimplemented(
    message = "`bind = none` on the column type `{Self}`, which is bound to its row",
    label = "this column is row-bound",
    note = "bind a column the application knows before the insert (a UUID v7 made by the client, a natural key, or ids \
            from `encrypted_fields::next_ids`), or declare the column `Encrypted<.., Unbound>` in `table!`"
)]
pub trait UnboundColumn {}

impl<ST, S> UnboundColumn for Encrypted<ST, Unbound, S> {}
impl<ST, S> UnboundColumn for diesel::sql_types::Nullable<Encrypted<ST, Unbound, S>> {}

/// An encrypted column that is bound to its row.
#[diagnostic::on_unimplemented(
    message = "`version` on the column type `{Self}`, which is not bound to its row",
    label = "this column is not row-bound",
    note = "a counter keeps older values of the same row out, so the value has to belong to a row first: declare the column \
            without `Unbound` in `table!`, or leave `version` out"
)]
pub trait RowBoundColumn {}

impl<ST, S> RowBoundColumn for Encrypted<ST, RowBound, S> {}
impl<ST, S> RowBoundColumn for diesel::sql_types::Nullable<Encrypted<ST, RowBound, S>> {}

/// The name of a plaintext's SQL type, as the model's description and the domains write it.
pub trait PlainSql {
    /// In lower case, e.g. `numeric`.
    const NAME: &'static str;
}

macro_rules! plain {
    ($($sql:ty: $name:literal),* $(,)?) => {$(
        impl PlainSql for $sql {
            const NAME: &'static str = $name;
        }
    )*};
}
plain! {
    Text: "text",
    Binary: "binary",
    diesel::sql_types::Bool: "bool",
    diesel::sql_types::SmallInt: "smallint",
    diesel::sql_types::Integer: "integer",
    diesel::sql_types::BigInt: "bigint",
    diesel::sql_types::Float: "float",
    diesel::sql_types::Double: "double",
    diesel::sql_types::Numeric: "numeric",
    diesel::sql_types::Date: "date",
    diesel::sql_types::Time: "time",
    diesel::sql_types::Timestamp: "timestamp",
    Timestamptz: "timestamptz",
    Uuid: "uuid",
    diesel::sql_types::Json: "json",
    diesel::sql_types::Jsonb: "jsonb",
}
