//! Whether several models agree: two structs over one table must seal alike, and no two columns may share a context.

use std::fmt;

use super::{BoundDescription, ColumnDescription, Model};

/// Compares models with each other and each with itself; call it in a test, or at start-up, with every model of the program.
///
/// Two structs over one table are compared in the columns that both encrypt: what they are bound to, their key column,
/// index, context and padding. A struct that says `#[encrypted(like = User)]` cannot disagree with `User`.
///
/// ```
/// use encrypted_fields::{EncryptedModel, model};
/// # diesel::table! {
/// #     use diesel::sql_types::*;
/// #     use encrypted_fields::sql_types::*;
/// #     wallets (id) { id -> BigInt, owner_id -> BigInt, balance -> Encrypted<Numeric>, }
/// # }
///
/// #[derive(EncryptedModel)]
/// #[encrypted(bind(id, owner_id))]
/// struct Wallet {
///     id: i64,
///     owner_id: i64,
///     #[encrypted]
///     balance: i64,
/// }
///
/// #[derive(EncryptedModel)]
/// #[diesel(table_name = wallets)]
/// #[encrypted(only(AsChangeset))]
/// struct WalletPatch {
///     id: i64,
///     #[encrypted]
///     balance: Option<i64>,
/// }
///
/// let found = model::check(&[Wallet::model(), WalletPatch::model()]).unwrap_err();
/// assert_eq!(
///     found[0].to_string(),
///     "`Wallet` and `WalletPatch` disagree on wallets.balance: it is bound to (id, owner_id) and to (id); write \
///      `#[encrypted(like = Wallet)]` on `WalletPatch`, or the same attributes on both",
/// );
/// ```
///
/// # Errors
/// Every [`Disagreement`].
pub fn check(models: &[&Model]) -> Result<(), Vec<Disagreement>> {
    let mut found = Vec::new();
    for (i, second) in models.iter().enumerate() {
        shared_contexts(second, second, &mut found);
        for first in models.iter().take(i) {
            if (first.schema, first.table) == (second.schema, second.table) {
                columns(first, second, &mut found);
            }
            shared_contexts(first, second, &mut found);
        }
    }
    if found.is_empty() { Ok(()) } else { Err(found) }
}

/// What two models disagree on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Disagreement {
    /// The struct that came first.
    pub first: &'static str,
    /// The other one; the same where a struct is at odds with itself.
    pub second: &'static str,
    /// The column, with table and schema.
    pub place: String,
    /// In what.
    pub point: Point,
}

/// In what two models disagree: as the first has it, and as the second.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Point {
    /// The bound columns, by their names in the context.
    Bind(Vec<&'static str>, Vec<&'static str>),
    /// The type class of a bound column, by its name in the context.
    BoundClass(&'static str),
    /// The key column.
    Key(Option<&'static str>, Option<&'static str>),
    /// The blind index and its normalization.
    Index(Option<super::IndexDescription>, Option<super::IndexDescription>),
    /// The names in the context, of one column.
    Context,
    /// The padding.
    Pad,
    /// The counter, by its name in the context.
    Version(Option<&'static str>, Option<&'static str>),
    /// Two columns have one context, so that a value of one opens in the other.
    OneContext {
        /// The second column, with table and schema.
        other: String,
    },
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, second, place, point } = self;
        if let Point::OneContext { other } = point {
            return write!(
                f,
                "{place} of `{first}` and {other} of `{second}` have one context, so that a value of one opens in the \
                 other; pin another with `#[encrypted(context = \"..\")]` on the column that has no values yet"
            );
        }
        write!(f, "`{first}` and `{second}` disagree on {place}: ")?;
        match point {
            Point::Bind(one, two) => write!(f, "it is bound to ({}) and to ({})", one.join(", "), two.join(", "))?,
            Point::BoundClass(column) => write!(f, "bound column `{column}` is of two types")?,
            Point::Key(one, two) => write!(f, "its key column is {} and {}", name(*one), name(*two))?,
            Point::Index(one, two) => write!(f, "its index is {} and {}", index(one.as_ref()), index(two.as_ref()))?,
            Point::Context => write!(f, "its context is pinned to two names")?,
            Point::Version(one, two) => write!(f, "its counter is {} and {}", name(*one), name(*two))?,
            Point::Pad => write!(f, "it is padded in two ways")?,
            Point::OneContext { .. } => {}
        }
        write!(f, "; write `#[encrypted(like = {first})]` on `{second}`, or the same attributes on both")
    }
}

impl std::error::Error for Disagreement {}

fn name(column: Option<&str>) -> String {
    column.map_or_else(|| "none".to_owned(), |column| format!("`{column}`"))
}

fn index(index: Option<&super::IndexDescription>) -> String {
    index.map_or_else(|| "none".to_owned(), |index| format!("`{}` ({})", index.column, index.normalize.name()))
}

/// The columns that both encrypt.
fn columns(first: &Model, second: &Model, found: &mut Vec<Disagreement>) {
    for (one, two) in pairs(first, second).filter(|(one, two)| one.column == two.column) {
        let mut push = |point| {
            found.push(Disagreement { first: first.name, second: second.name, place: place(one), point });
        };
        let names = |model: &Model| model.bind.iter().map(BoundDescription::name).collect::<Vec<_>>();
        if one.row_bound && names(first) != names(second) {
            push(Point::Bind(names(first), names(second)));
        } else if one.row_bound {
            let classes = first.bind.iter().zip(&second.bind).find(|(one, two)| one.class != two.class);
            if let Some((bound, _)) = classes {
                push(Point::BoundClass(bound.name()));
            }
        }
        let key = |model: &Model| model.key.as_ref().map(|key| key.column);
        if key(first) != key(second) {
            push(Point::Key(key(first), key(second)));
        }
        if one.index != two.index {
            push(Point::Index(one.index.clone(), two.index.clone()));
        }
        if one.context.bytes() != two.context.bytes() {
            push(Point::Context);
        }
        let version = |column: &ColumnDescription| column.version.map(|name| column.version_pinned.unwrap_or(name));
        if version(one) != version(two) {
            push(Point::Version(version(one), version(two)));
        }
        if one.pad != two.pad {
            push(Point::Pad);
        }
    }
}

/// Different columns under one context, each pair once.
fn shared_contexts(first: &Model, second: &Model, found: &mut Vec<Disagreement>) {
    let at = |model: &Model, column: &ColumnDescription| (model.schema, model.table, column.column);
    let itself = std::ptr::eq(first, second);
    for (i, one) in first.columns.iter().enumerate() {
        for two in second.columns.iter().skip(if itself { i + 1 } else { 0 }) {
            if at(first, one) != at(second, two) && one.context.bytes() == two.context.bytes() {
                found.push(Disagreement {
                    first: first.name,
                    second: second.name,
                    place: place(one),
                    point: Point::OneContext { other: place(two) },
                });
            }
        }
    }
}

fn pairs<'m>(
    first: &'m Model,
    second: &'m Model,
) -> impl Iterator<Item = (&'m ColumnDescription, &'m ColumnDescription)> {
    first.columns.iter().flat_map(|one| second.columns.iter().map(move |two| (one, two)))
}

fn place(column: &ColumnDescription) -> String {
    column.context.place(&[]).to_string()
}
