//! The associated data of a sealed value: which application, column, key scope and row it belongs to.
//!
//! ```text
//! 01                          version of this layout
//! length u32 | application
//! 00, or 01 length u32 | schema
//! length u32 | table
//! length u32 | column
//! 00, or 01 class u8 | length u32 | value      key scope (`key = column`)
//! count u8                                     bound columns, sorted by name
//!   length u32 | name | class u8 | length u32 | value    each
//! 00 ..                       to a multiple of 64 bytes
//! ```
//!
//! Every part is length-prefixed, and the bound columns are counted, so no two different places have the same bytes. The
//! classes are those of [`Bound`]. The first two parts are the keyring's, the next three the column's, and the rest the
//! row's.
//!
//! A pinned context (`#[encrypted(context = "users.email")]`) writes the names it was given in the place of the column's
//! own, so that a column keeps the bytes it had before it was renamed. It is no form of its own: a column that is given
//! the old name has the same context, which [`check`](crate::model::check) refuses.

use diesel::QuerySource;
use diesel::query_source::Column;

use crate::bound::{Bound, length_prefixed};
use crate::codec::Padding;
use crate::error::{Place, SealReason};

/// One sealed column: its names, and its part of the context.
#[derive(Debug, Clone)]
pub struct ColumnContext {
    schema: Option<&'static str>,
    table: &'static str,
    column: &'static str,
    bytes: Vec<u8>,
    pinned: Option<&'static str>,
    padding: Option<Padding>,
}

impl ColumnContext {
    /// Names a column.
    pub fn new(schema: Option<&'static str>, table: &'static str, column: &'static str) -> Self {
        Self { schema, table, column, bytes: names(schema, table, column), pinned: None, padding: None }
    }

    /// The context that the column had as `table.column` or `schema.table.column`; errors go on naming the column as it is
    /// now.
    ///
    /// # Panics
    /// Where `pinned` is of another form, which the derive refuses.
    #[doc(hidden)]
    #[must_use]
    pub fn pinned(mut self, pinned: &'static str) -> Self {
        let mut parts = pinned.rsplitn(3, '.');
        let column = parts.next().unwrap_or_default();
        let table = parts.next().expect("the derive takes `table.column` and `schema.table.column` only");
        self.bytes = names(parts.next(), table, column);
        self.pinned = Some(pinned);
        self
    }

    /// Values are padded before they are sealed.
    #[doc(hidden)]
    #[must_use]
    pub fn padded(mut self, padding: Padding) -> Self {
        self.padding = Some(padding);
        self
    }

    /// The column of a `table!`.
    #[doc(hidden)]
    pub fn of<C>() -> Self
    where
        C: Column,
        C::Table: crate::model::NamedTable + QuerySource,
    {
        let (schema, table) = <C::Table as crate::model::NamedTable>::names();
        Self::new(schema, table, C::NAME)
    }

    /// Database schema, where `table!` names one.
    pub fn schema(&self) -> Option<&'static str> {
        self.schema
    }

    /// Table.
    pub fn table(&self) -> &'static str {
        self.table
    }

    /// Column.
    pub fn column(&self) -> &'static str {
        self.column
    }

    /// The names that stand in the context in the place of the column's own, as they were written.
    pub fn pinned_to(&self) -> Option<&'static str> {
        self.pinned
    }

    /// How values are padded before they are sealed.
    pub fn padding(&self) -> Option<Padding> {
        self.padding
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn place(&self, row: &[BoundColumn<'_>]) -> Place {
        let row: Vec<_> = row
            .iter()
            .map(|(name, value)| match value {
                Ok(value) => format!("{name}={}", value.show()),
                Err(_) => format!("{name}=?"),
            })
            .collect();
        Place { schema: self.schema, table: self.table, column: self.column, row: row.join(" ") }
    }
}

/// `00, or 01 schema | table | column`.
fn names(schema: Option<&str>, table: &str, column: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    match schema {
        None => bytes.push(0),
        Some(schema) => {
            bytes.push(1);
            length_prefixed(schema.as_bytes(), &mut bytes);
        }
    }
    length_prefixed(table.as_bytes(), &mut bytes);
    length_prefixed(column.as_bytes(), &mut bytes);
    bytes
}

/// A bound column's name and value.
pub type BoundColumn<'a> = (&'static str, Result<Bound<'a>, SealReason>);

/// Appends the key scope.
pub(crate) fn write_scope(scope: Option<&Bound<'_>>, out: &mut Vec<u8>) {
    match scope {
        None => out.push(0),
        Some(value) => {
            out.push(1);
            value.write(out);
        }
    }
}

/// Appends the bound columns.
pub(crate) fn write_bound(row: &[BoundColumn<'_>], out: &mut Vec<u8>) -> Result<(), SealReason> {
    write_bound_as(row, row.iter().map(|(name, _)| *name), out)
}

/// Appends the bound columns under these names, which are sorted.
pub(crate) fn write_bound_as(
    row: &[BoundColumn<'_>],
    names: impl IntoIterator<Item = &'static str>,
    out: &mut Vec<u8>,
) -> Result<(), SealReason> {
    out.push(u8::try_from(row.len()).expect("the derive allows at most 8 bound columns"));
    for ((column, value), name) in row.iter().zip(names) {
        length_prefixed(name.as_bytes(), out);
        value.as_ref().map_err(|reason| bound_error(column, reason))?.write(out);
    }
    Ok(())
}

fn bound_error(column: &'static str, reason: &SealReason) -> SealReason {
    match reason {
        SealReason::Value(reason) => SealReason::Bound { column, reason: reason.clone() },
        other => other.clone(),
    }
}

/// Zero bytes to a multiple of 64, at the end of a value's context.
///
/// GHASH takes four blocks in little more than the time of one, here and in every fast implementation, and two blocks
/// short of four it takes them one by one. A context is mostly shorter than 64 bytes, and hashing it is a third of what
/// sealing a number costs. The parts before are length-prefixed and counted, so padding takes nothing from injectivity.
#[inline]
pub(crate) fn pad(context: &mut Vec<u8>) {
    context.resize(context.len().next_multiple_of(64), 0);
}

/// The context of a value that belongs to no row.
pub(crate) const NO_BOUND_COLUMNS: &[u8] = &[0];
