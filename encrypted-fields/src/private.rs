//! What the derive's code names; no part of the public interface.

pub use diesel;
pub use diesel::dsl::SqlTypeOf;

pub use crate::assign::{Assignment, SameOf, SealedParam, same};
pub use crate::bound::BoundValue;
pub use crate::context::{BoundColumn, ColumnContext};
pub use crate::diesel_internal::UndecoratedInsertRecord;
pub use crate::error::{NoKeyring, OpenError, SealError};
pub use crate::index::{FitsIndex, IndexOf, IndexSide, Normalize};
pub use crate::keyring::Keyring;
pub use crate::model::{BoundDescription, ColumnDescription, EncryptedModel, IndexDescription, Model};
pub use crate::part::{ChangePart, EncryptedPart, InsertPart, PartColumns};
pub use crate::query::IndexEq;
pub use crate::row::{IndexField, OpenField, RowContext, SealField};
pub use crate::scope::with_keyring;
pub use crate::sealed::{SealedOf, SealedSide};
pub use crate::sql_types::{EncryptedSql, Policy};
pub use crate::version::{Version, VersionField};

/// Compiles where the column is not bound to its row.
pub fn assert_unbound<T: crate::sql_types::UnboundColumn>() {}

/// Compiles where a value of the column is bound to its row.
pub fn assert_row_bound<T: crate::sql_types::RowBoundColumn>() {}

/// Compiles where the field that `version` names is a [`Version`].
pub fn assert_version_field<T: VersionField>() {}

/// Compiles where its column is `BigInt`.
pub fn assert_version_column<T: crate::version::VersionColumn>() {}

/// Compiles where the column is text.
pub fn assert_normalized<T: crate::index::NormalizedSql>() {}
