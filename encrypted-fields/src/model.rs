//! The description of a model as a value: what the derive knows, for the start-up proof and for every later job.

mod agreement;

use diesel::Expression;
use diesel::query_source::Column;
use serde::Serialize;

pub use self::agreement::{Disagreement, Point, check};

use crate::bound::BoundClass;
use crate::class::Class;
use crate::codec::Padding;
use crate::context::ColumnContext;
use crate::diesel_internal::StaticQueryFragment;
use crate::sql_types::{EncryptedSql, PlainSql, Policy, Storage};

/// A struct with `#[derive(EncryptedModel)]`: what it encrypts, as a value.
///
/// The derive stands in for Diesel's `Queryable`, `QueryableByName`, `Selectable`, `HasQuery`, `Insertable` and
/// `AsChangeset`; `Identifiable` and `Associations` stay Diesel's own.
///
/// ```
/// use diesel::prelude::*;
/// use encrypted_fields::EncryptedModel;
///
/// diesel::table! {
///     use diesel::sql_types::*;
///     use encrypted_fields::sql_types::*;
///     patients (id) {
///         id -> BigInt,
///         clinic_id -> BigInt,
///         name -> Encrypted<Text>,
///         name_bidx -> Binary,
///         allergies -> Nullable<Encrypted<Text>>,
///     }
/// }
///
/// #[derive(Identifiable, EncryptedModel)]
/// #[encrypted(bind(id, clinic_id), sealed(derive(Debug)))]
/// struct Patient {
///     id: i64,
///     clinic_id: i64,
///     #[encrypted(index(name_bidx, normalize = nfkc_lower))]
///     name: String,
///     #[encrypted]
///     allergies: Option<String>,
/// }
///
/// let model = Patient::model();
/// assert_eq!(model.columns.iter().map(|column| column.column).collect::<Vec<_>>(), ["name", "allergies"]);
/// ```
///
/// # What it makes
///
/// | item | what |
/// |---|---|
/// | `SealedX` | the row as the database holds it. Always loads; `open(&keyring)` gives an `X` or the first value that does not open. Made for a model that is read |
/// | `X::seal(self, &keyring)` | the explicit mode: a `SealedX`, which is inserted and saved as it is, whatever keyring is in scope |
/// | `XRow` | names a row by its bound columns, key column and counters. `set_field(value)` for `diesel::update(..).set(..)`, `open_field(&sealed)`. Made for a model that is read |
/// | `X::row()`, `SealedX::row()` | the row's `XRow` |
/// | `X::field_eq(value)`, `X::field_eq_any(values)` | conditions on an indexed field, for `filter`; under `key = column` the key's value comes first |
///
/// The struct has named fields. Its encrypted fields may be generic (`payload: Json<T>`, `hash: [u8; N]`), its plain ones
/// not; `SealedX` and `XRow` then take no parameters, their methods do. A struct with lifetimes can be written, not read: it
/// takes `only(Insertable)` or `only(AsChangeset)`.
///
/// `QueryableByName` takes every column of the struct and every index column by its name, declared or not, from
/// `diesel::sql_query("SELECT ..")`; a column that is missing is Diesel's error. `diesel::copy_from` (Postgres) takes `&[X]`
/// and `&[SealedX]` where no field is left to a DEFAULT: `#[diesel(treat_none_as_default_value = false)]` on a struct with
/// `Option` fields. `copy_to` loads both, with two faults of Diesel 2.3.14: every column after a NULL is taken for NULL,
/// and a second `copy_to` on the connection fails. For `#[derive(diesel::MultiConnection)]` there is [`multi_backend!`](crate::multi_backend).
///
/// # Attributes of the struct: `#[encrypted(..)]`
///
/// | attribute | what |
/// |---|---|
/// | none | row-bound values are bound to the primary key |
/// | `bind(id, owner_id)` | they are bound to these columns, at most 8, in any order |
/// | `bind(id, owner = "owner_id")` | the same; the column `owner` has the name `owner_id` in the context, which it had before it was renamed |
/// | `bind = none` | to none; every encrypted column must be `Unbound` in `table!` |
/// | `key = tenant_id` | each row is sealed under the keys of this column's value, given by [`Keyring::with_scoped`](crate::Keyring::with_scoped) |
/// | `part` | the struct is a part of models, and named by their fields' `#[encrypted(part)]`; it takes no `bind`, `key` or `version` |
/// | `like = User` | another struct over the same table says it: `bind`, `key`, `primary_key`, and of each column that both encrypt `index`, `context`, `pad` and `version`. What is written here as well must be the same. `User` is a model of the same crate, in scope or by its path; it need not be generic or read, and is not `like` another itself |
/// | `only(Insertable, ..)` | only these of Diesel's traits: `Insertable`, `AsChangeset`, `Queryable`, `QueryableByName`, `Selectable`, `HasQuery`. A patch struct is `only(AsChangeset)` |
/// | `sealed(derive(Debug, Clone))` | derives for `SealedX`, which has Diesel's only |
///
/// # Attributes of a field: `#[encrypted]`
///
/// | attribute | what |
/// |---|---|
/// | `#[encrypted]` | the column is sealed; in `table!` it is `Encrypted<..>`, `EncryptedText<..>` or an `Enc..` domain |
/// | `#[encrypted(index = email_bidx)]` | the same, with a blind index in that column, which is written with the field and checked when the row is loaded. The struct need not declare it; where it does, the field is a [`BlindIndex`](crate::BlindIndex) |
/// | `#[encrypted(index(email_bidx, normalize = lower))]` | text is normalized before its token is computed: `exact`, `lower`, `nfkc`, `nfkc_lower` or `digits`, see [`Normalize`](crate::index::Normalize). Left out, the field's type says: `exact`, or what its [kind](crate::codec::EncodePlain::NORMALIZE) brings |
/// | `#[encrypted(class = personal)]` | the description's [class](crate::Class) of the column: `personal`, `financial` or `special`. Left out, the field's type says |
/// | `#[encrypted(version = balance_version)]` | the value has a counter, a [`Version`](crate::Version) in that column: an older value does not open beside it, and of two writers that read one row the second fails. Every struct that reads or writes the value declares the counter. A changeset seals under the next counter, demands the one that it read, and sets it with the value; the struct is stale afterwards, take what `save_changes` or `returning` gives. `excluded(balance)` needs `excluded(balance_version)` beside it. `SealedX` is no changeset then |
/// | `#[encrypted(version(counter = "balance_version"))]` | the same; the counter's column was `balance_version` before it was renamed |
/// | `#[encrypted(part)]` | a struct of encrypted fields, see [`part`](crate::part): its columns are this table's, sealed in this model's row. `row.set_field(&part)` and `row.open_field(sealed)` take the whole part; look-ups are the part's (`Address::zip_eq`). As with Diesel's `embed`, positional loads (`save_changes` among them) do not go with it: `update(..).set(..).returning(User::as_returning())` |
/// | `#[encrypted(context = "clients.mail")]` | the column is `clients.mail` in the context, or `"schema.table.column"`: the names it had when its values were sealed. Their bytes and tokens stay valid when table, schema or column are renamed. A column that is given the old name afterwards shares its context: [`check`] finds that |
/// | `#[encrypted(pad = 32)]` | text, binary and JSON are padded to a multiple of so many bytes, 1 to 65,536, and at least to one block. Values on both sides of a multiple still differ |
/// | `#[encrypted(pad = padme)]` | they are padded by Padmé: at most 12% more, and the fewer lengths the longer they are, see [`Padding`]. Up to 8 bytes stay as they are |
///
/// Reading does not depend on `pad`, and a token not either: it may be added and taken away while there is data. Five bytes
/// more are stored.
///
/// What each of them expands to is on the page of the crate [`encrypted_fields_derive`]. Comparing, sorting by and searching in
/// an encrypted column can be made a compile error that says why: see [`guard`](crate::guard).
///
/// `plaintext` is refused: it is not part of this version yet.
///
/// # Diesel's attributes
///
/// Of the struct:
///
/// | `#[diesel(..)]` | |
/// |---|---|
/// | `table_name` | respected, once; two are refused, derive on a struct a table. Left out, it is the struct's name in snake case with an `s` |
/// | `primary_key` | respected; it is what values are bound to unless `bind` says otherwise |
/// | `check_for_backend` | respected, checked for `SealedX` |
/// | `treat_none_as_default_value`, `treat_none_as_null` | respected, for encrypted fields too |
/// | `base_query`, `base_query_type` | respected; refused where `only(..)` leaves `HasQuery` out |
/// | `belongs_to`, `aggregate`, `foreign_derive`, `not_sized`, `sql_type`, `postgres_type`, `sqlite_type`, `mysql_type` | left to the derives that read them |
/// | anything else | refused |
///
/// Of a field:
///
/// | `#[diesel(..)]` | plain field | encrypted field |
/// |---|---|---|
/// | `column_name` | respected | respected |
/// | `skip_insertion` | respected; refused on a bound field | respected |
/// | `skip_update` | respected | respected |
/// | `treat_none_as_default_value`, `treat_none_as_null` | respected | respected |
/// | `embed` | respected, for a struct of plain fields; refused on a bound field | refused; a struct of encrypted fields is a `part`, where it may stand |
/// | `serialize_as` | respected, the model is then written by value; refused on a bound field | refused: the SQL type chooses the codec, implement [`EncodePlain`](crate::codec::EncodePlain) |
/// | `deserialize_as` | respected | refused: implement [`DecodePlain`](crate::codec::DecodePlain) |
/// | `select_expression`, `select_expression_type` | respected; refused on a bound field | refused: only the column itself can be opened |
/// | `sql_type` | respected | refused: the column's type is in `table!` |
/// | anything else | refused | refused |
///
/// A changeset never sets the primary key, the bound columns or the key column: they name the row. Each sealed value
/// that it sets carries a [guard](crate::assign).
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
    /// The columns that row-bound values are bound to, sorted by their names in the context.
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
        bind.sort_by_key(BoundDescription::name);
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
    /// Its name in the context, where that is pinned: `bind(owner = "owner_id")`.
    #[serde(rename = "context", skip_serializing_if = "Option::is_none")]
    pub pinned: Option<&'static str>,
}

impl BoundDescription {
    /// What the derive emits.
    #[doc(hidden)]
    pub fn new(column: &'static str, class: BoundClass) -> Self {
        Self { column, class, pinned: None }
    }

    /// The column's name in the context is this one.
    #[doc(hidden)]
    #[must_use]
    pub fn pinned(mut self, name: &'static str) -> Self {
        self.pinned = Some(name);
        self
    }

    /// The name in the context.
    pub(crate) fn name(&self) -> &'static str {
        self.pinned.unwrap_or(self.column)
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
    /// What the values are to the law, where the field or its type says.
    pub class: Option<Class>,
    /// Whether the column is TEXT (base64url) rather than BYTEA or BLOB.
    pub text: bool,
    /// Whether the column may be NULL.
    pub nullable: bool,
    /// Whether a value opens in its own row only.
    pub row_bound: bool,
    /// The blind index beside the column.
    pub index: Option<IndexDescription>,
    /// The column of the counter that a value is bound to as well (`version = column`).
    pub version: Option<&'static str>,
    /// The counter's name in the context, where that is pinned: `version(counter = "balance_version")`.
    #[serde(rename = "version_context", skip_serializing_if = "Option::is_none")]
    pub version_pinned: Option<&'static str>,
    /// The names that the context has instead of the column's own: `context = "users.email"`.
    #[serde(rename = "context", skip_serializing_if = "Option::is_none")]
    pub pinned: Option<&'static str>,
    /// How values are padded: `pad = 32`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pad: Option<Padding>,
    /// The column's part of the context.
    #[serde(skip)]
    pub context: ColumnContext,
}

impl ColumnDescription {
    /// What the derive emits.
    #[doc(hidden)]
    pub fn of<C>(class: Option<Class>, index: Option<IndexDescription>, context: ColumnContext) -> Self
    where
        C: Column,
        <C as Expression>::SqlType: EncryptedSql<Plain: PlainSql>,
    {
        Self {
            column: C::NAME,
            sql_type: <<C::SqlType as EncryptedSql>::Plain as PlainSql>::NAME,
            class,
            text: <C::SqlType as EncryptedSql>::Storage::TEXT,
            nullable: C::SqlType::NULLABLE,
            row_bound: <C::SqlType as EncryptedSql>::Policy::ROW_BOUND,
            index,
            version: None,
            version_pinned: None,
            pinned: context.pinned_to(),
            pad: context.padding(),
            context,
        }
    }

    /// With the counter of `version = column`.
    #[doc(hidden)]
    #[must_use]
    pub fn versioned(self, column: &'static str) -> Self {
        Self { version: Some(column), ..self }
    }

    /// The counter's name in the context is this one.
    #[doc(hidden)]
    #[must_use]
    pub fn version_pinned(self, name: &'static str) -> Self {
        Self { version_pinned: Some(name), ..self }
    }

    /// What a value of this column is bound to: nothing, or the model's bound columns and the value's counter, sorted by
    /// their names in the context.
    pub fn bound_to(&self, model: &Model) -> Vec<BoundDescription> {
        if !self.row_bound {
            return Vec::new();
        }
        let pinned = self.version_pinned;
        let version = self.version.map(|column| BoundDescription { column, class: BoundClass::Integer, pinned });
        let mut bound: Vec<_> = model.bind.iter().cloned().chain(version).collect();
        bound.sort_by_key(BoundDescription::name);
        bound
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
