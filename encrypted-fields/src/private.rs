//! What the derive's code names; no part of the public interface.

pub use diesel;
pub use diesel::dsl::SqlTypeOf;

pub use encrypted_fields_derive::__encrypted_model_like;

pub use crate::assign::{Assignment, SameOf, SealedParam, same};
pub use crate::bound::BoundValue;
pub use crate::class::Class;
pub use crate::codec::{DecodePlain, EncodePlain, Padding};
pub use crate::context::{BoundColumn, ColumnContext};
pub use crate::diesel_internal::UndecoratedInsertRecord;
pub use crate::error::{NoKeyring, OpenError, SealError, SealReason};
pub use crate::index::{FitsIndex, IndexOf, IndexSide, Normalize};
pub use crate::keyring::{Keyring, ScopeId};
pub use crate::model::{BoundDescription, ColumnDescription, EncryptedModel, IndexDescription, Model};
pub use crate::page::SealedRow;
pub use crate::part::{ChangePart, EncryptedPart, InsertPart, PartColumns};
pub use crate::probe;
pub use crate::query::IndexEq;
pub use crate::row::{IndexField, OpenField, RowContext, SealField};
pub use crate::scope::with_keyring;
pub use crate::sealed::{SealedOf, SealedSide};
pub use crate::sql_types::{EncryptedSql, Policy};
pub use crate::version::{Version, VersionField};

/// The key scope of a row.
pub fn scope_id(scope: Option<Result<crate::bound::Bound<'_>, SealReason>>) -> Result<Option<ScopeId>, SealReason> {
    scope.map(|value| value.map(ScopeId::from)).transpose()
}

/// Compiles where the column is not bound to its row.
pub fn assert_unbound<T: crate::sql_types::UnboundColumn>() {}

/// Compiles where a value of the column is bound to its row.
pub fn assert_row_bound<T: crate::sql_types::RowBoundColumn>() {}

/// Compiles where the field that `version` names is a [`Version`].
pub fn assert_version_field<T: VersionField>() {}

/// Compiles where its column is `BigInt`.
pub fn assert_version_column<T: crate::version::VersionColumn>() {}

/// Whether two texts are equal, for the compiler.
pub const fn same_text(one: &str, two: &str) -> bool {
    let (mut one, mut two) = (one.as_bytes(), two.as_bytes());
    while let ([first, after_one @ ..], [second, after_two @ ..]) = (one, two) {
        if *first != *second {
            return false;
        }
        (one, two) = (after_one, after_two);
    }
    one.is_empty() && two.is_empty()
}

/// A model of the table `T`.
#[diagnostic::on_unimplemented(
    message = "`like = {Self}`, but `{Self}` is a model of another table than `{T}`",
    label = "a model of another table",
    note = "`#[diesel(table_name = ..)]` names the table of this struct; left out, it is the struct's name in snake case with an `s`"
)]
pub trait OfTable<T> {}

/// Compiles where `M` is a model of the table `T`.
pub fn assert_of_table<M: OfTable<T>, T>() {}

/// Compiles where the column's values have a length of their own.
pub fn assert_padded<T: crate::codec::PaddedSql>() {}

/// Compiles where the column is text.
pub fn assert_normalized<T: crate::index::NormalizedSql>() {}
