//! The description of a model as a value: what the derive knows, for the start-up proof and for every later job.

use diesel::Expression;
use diesel::internal::table_macro::StaticQueryFragment;
use diesel::query_source::Column;
use serde::Serialize;

use crate::bound::BoundClass;
use crate::context::ColumnContext;
use crate::sql_types::{EncryptedSql, PlainSql, Policy, Storage};

/// A struct with `#[derive(EncryptedModel)]`.
pub trait EncryptedModel {
    /// Which columns of which table are encrypted, and how.
    fn model() -> &'static Model;
}

/// Which columns of a table a model encrypts, and what they are bound to.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Model {
    /// The struct.
    pub name: &'static str,
    /// Database schema, where `table!` names one.
    pub schema: Option<&'static str>,
    /// Table.
    pub table: &'static str,
    /// Primary key columns.
    pub primary_key: &'static [&'static str],
    /// The columns that row-bound values are bound to, sorted by name.
    pub bind: Vec<BoundDescription>,
    /// The column whose value is the key scope (`key = column`).
    pub key: Option<BoundDescription>,
    /// The encrypted columns, in the order of the fields.
    pub columns: Vec<ColumnDescription>,
}

impl Model {
    /// What the derive emits.
    #[doc(hidden)]
    pub fn new(
        name: &'static str,
        primary_key: &'static [&'static str],
        mut bind: Vec<BoundDescription>,
        key: Option<BoundDescription>,
        columns: Vec<ColumnDescription>,
    ) -> Self {
        bind.sort_by_key(|bound| bound.column);
        let first = columns.first().expect("the derive refuses a model without an encrypted field");
        let (schema, table) = (first.context.schema(), first.context.table());
        Self { name, schema, table, primary_key, bind, key, columns }
    }
}

/// A bound column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct BoundDescription {
    /// Column.
    pub column: &'static str,
    /// Its type class.
    pub class: BoundClass,
}

impl BoundDescription {
    /// What the derive emits.
    #[doc(hidden)]
    pub fn new(column: &'static str, class: BoundClass) -> Self {
        Self { column, class }
    }
}

/// An encrypted column.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct ColumnDescription {
    /// Column.
    pub column: &'static str,
    /// The SQL type of the opened value, e.g. `numeric`.
    pub sql_type: &'static str,
    /// Whether the column is TEXT (base64url) rather than BYTEA or BLOB.
    pub text: bool,
    /// Whether the column may be NULL.
    pub nullable: bool,
    /// Whether a value opens in its own row only.
    pub row_bound: bool,
    /// The blind index beside the column.
    pub index: Option<IndexDescription>,
    /// The column's part of the context.
    #[serde(skip)]
    pub context: ColumnContext,
}

impl ColumnDescription {
    /// What the derive emits.
    #[doc(hidden)]
    pub fn of<C>(index: Option<IndexDescription>) -> Self
    where
        C: Column,
        C::Table: NamedTable,
        <C as Expression>::SqlType: EncryptedSql<Plain: PlainSql>,
    {
        Self {
            column: C::NAME,
            sql_type: <<C::SqlType as EncryptedSql>::Plain as PlainSql>::NAME,
            text: <C::SqlType as EncryptedSql>::Storage::TEXT,
            nullable: C::SqlType::NULLABLE,
            row_bound: <C::SqlType as EncryptedSql>::Policy::ROW_BOUND,
            index,
            context: ColumnContext::of::<C>(),
        }
    }
}

/// A blind index column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct IndexDescription {
    /// Column.
    pub column: &'static str,
    /// How a text is normalized before its token is computed.
    pub normalize: crate::index::Normalize,
}

impl IndexDescription {
    /// What the derive emits.
    #[doc(hidden)]
    pub fn new(column: &'static str, normalize: crate::index::Normalize) -> Self {
        Self { column, normalize }
    }
}

/// A table of `table!`, by the names that the database knows it by (`sql_name` and schema included).
#[doc(hidden)]
pub trait NamedTable {
    /// Schema and table.
    fn names() -> (Option<&'static str>, &'static str);
}

impl<T> NamedTable for T
where
    T: StaticQueryFragment,
    T::Component: std::fmt::Debug,
{
    fn names() -> (Option<&'static str>, &'static str) {
        // The fields of Diesel's `InfixNode(schema, ".", table)` are private; its `Debug` is derived and shows all of
        // them. The test below and the exact minor version of Diesel hold this.
        let mut literals = literals(&format!("{:?}", T::STATIC_COMPONENT)).into_iter();
        let mut next = || literals.next().map(|name| &*Box::leak(name.into_boxed_str()));
        match (next(), next()) {
            (Some(schema), Some(table)) => (Some(schema), table),
            (Some(table), None) => (None, table),
            (None, _) => unreachable!("a table of `table!` has a name"),
        }
    }
}

/// The contents of the string literals in a `Debug` output, but for the dot between schema and table.
fn literals(debug: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut chars = debug.chars();
    while chars.by_ref().any(|c| c == '"') {
        let mut literal = String::new();
        while let Some(c) = chars.next() {
            match c {
                '"' => break,
                '\\' => literal.extend(unescape(&mut chars)),
                c => literal.push(c),
            }
        }
        found.push(literal);
    }
    // InfixNode's fields are lhs, rhs, middle: the dot comes last.
    if found.len() == 3 {
        found.pop();
    }
    found
}

fn unescape(chars: &mut std::str::Chars<'_>) -> Option<char> {
    Some(match chars.next()? {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        '0' => '\0',
        'u' => {
            let hex: String = chars.by_ref().skip(1).take_while(|c| *c != '}').collect();
            char::from_u32(u32::from_str_radix(&hex, 16).ok()?)?
        }
        c => c,
    })
}

/// The derive in a crate of an older edition.
///
/// ```edition2021
/// #![deny(warnings, rust_2024_compatibility)]
/// #![allow(unused_crate_dependencies, tail_expr_drop_order, if_let_rescope)]
/// diesel::table! {
///     use diesel::sql_types::*;
///     use encrypted_fields::sql_types::*;
///     users (id) { id -> BigInt, email -> Encrypted<Text>, email_bidx -> Binary, phone -> Nullable<Encrypted<Text>>, }
/// }
/// #[derive(encrypted_fields::EncryptedModel)]
/// pub struct User {
///     pub id: i64,
///     #[encrypted(index(email_bidx, normalize = lower))]
///     pub email: String,
///     #[encrypted]
///     pub phone: Option<String>,
/// }
/// fn main() {
///     let _ = UserRow { id: 1 };
/// }
/// ```
#[cfg(doctest)]
struct Edition2021;

#[cfg(test)]
mod tests {
    use super::NamedTable;

    diesel::table! {
        plain (id) { id -> Integer, }
    }
    diesel::table! {
        #[sql_name = "Straße \"x\" \\ {"]
        odd (id) { id -> Integer, }
    }
    diesel::table! {
        shop.wallets (id) { id -> Integer, }
    }

    #[test]
    fn a_table_is_named_as_the_database_names_it() {
        assert_eq!(plain::table::names(), (None, "plain"));
        assert_eq!(odd::table::names(), (None, "Straße \"x\" \\ {"));
        assert_eq!(wallets::table::names(), (Some("shop"), "wallets"));
    }
}
