//! Guarded assignments: a sealed value is written into the row it was sealed for, or the statement fails.
//!
//! An upsert that meets another row's unique column, or an update aimed at another row, would store a value that nobody
//! can open and report one row changed. So every assignment carries its guard:
//!
//! ```sql
//! SET "balance" = CASE WHEN "wallets"."id" = $1 AND "wallets"."owner_id" = $2 THEN $3 ELSE <raise> END
//! ```
//!
//! The raise is an expression that fails when it is evaluated: `decode(.., 'encrypted_fields: other row')` on Postgres,
//! `json_extract('{}', 'encrypted_fields: other row')` on SQLite, a sum out of range on MySQL. The bound columns are never
//! set, and a version counter only after its value: a guard sees the row as it was, but on MySQL with what the
//! assignments to its left have set.

use std::marker::PhantomData;

use diesel::Expression;
use diesel::backend::Backend;
use diesel::expression::{AsExpression, TypedExpressionType};
use diesel::query_builder::{AsChangeset, AstPass, QueryFragment, QueryId};
use diesel::query_source::Column;
use diesel::result::{Error, QueryResult};
use diesel::sql_types::{HasSqlType, SqlType};

use crate::diesel_internal::BindParam;
use crate::sealed::SealedSide;
use crate::sql_types::{EncryptedSql, Policy, Storage};

/// The text by which the database's error is recognized.
pub(crate) const OTHER_ROW: &str = "encrypted_fields: other row";

/// A backend on which an assignment can be guarded.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no guarded assignment",
    note = "turn on the feature of `encrypted-fields` that is named as the backend: `postgres`, `sqlite` or `mysql`"
)]
pub trait GuardDialect: Backend {
    /// Writes an expression of the column's type that fails when it is evaluated. `column` is any column of the row: on
    /// Postgres and MySQL the expression must name one, or the planner may evaluate it beforehand.
    ///
    /// # Errors
    /// Those of `column`.
    fn raise<'b>(
        text: bool,
        column: impl FnOnce(AstPass<'_, 'b, Self>) -> QueryResult<()>,
        out: AstPass<'_, 'b, Self>,
    ) -> QueryResult<()>;

    /// Writes the condition that a column of type `ST` holds a value, to the byte.
    ///
    /// # Errors
    /// Those of the two.
    fn same<'b, ST>(
        column: impl FnOnce(AstPass<'_, 'b, Self>) -> QueryResult<()>,
        value: impl FnOnce(AstPass<'_, 'b, Self>) -> QueryResult<()>,
        mut out: AstPass<'_, 'b, Self>,
    ) -> QueryResult<()>
    where
        Self: HasSqlType<ST>,
    {
        column(out.reborrow())?;
        out.push_sql(" = ");
        value(out)
    }
}

/// Whether an update or upsert failed because a sealed value was aimed at another row than the one it was sealed for.
///
/// On Postgres the transaction, if there is one, is aborted.
///
/// ```
/// # use diesel::result::Error;
/// fn advice(error: &Error) -> &'static str {
///     if encrypted_fields::write_conflict(error) { "reload the row and try again" } else { "something else" }
/// }
/// assert_eq!(advice(&Error::NotFound), "something else");
/// ```
pub fn write_conflict(error: &Error) -> bool {
    matches!(error, Error::DatabaseError(_, information) if information.message().contains(OTHER_ROW))
}

/// One sealed value on its way into its row; a changeset of its own, to be combined with others in `set`.
#[derive(Debug)]
#[must_use = "an assignment does nothing until it is given to `diesel::update(..).set(..)`"]
pub struct Assignment<C, Value, Bind, Key> {
    value: Value,
    bind: Bind,
    key: Key,
    column: PhantomData<C>,
}

/// The value of an [`Assignment`] to a column.
pub type SealedParam<C> = BindParam<<C as Expression>::SqlType, <<C as Expression>::SqlType as SealedSide>::Sealed>;

impl<C, Bind, Key> Assignment<C, SealedParam<C>, Bind, Key>
where
    C: Column<SqlType: SealedSide>,
{
    /// Guards `sealed` by the bound columns and the key column.
    #[doc(hidden)]
    pub fn new(sealed: <C::SqlType as SealedSide>::Sealed, bind: Bind, key: Key) -> Self {
        Self { value: BindParam::new(sealed), bind, key, column: PhantomData }
    }
}

impl<C: Column, Value, Bind, Key> AsChangeset for Assignment<C, Value, Bind, Key> {
    type Target = C::Table;
    type Changeset = Self;

    fn as_changeset(self) -> Self {
        self
    }
}

impl<C, Value, Bind, Key> QueryId for Assignment<C, Value, Bind, Key> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<C, Value, Bind, Key, DB> QueryFragment<DB> for Assignment<C, Value, Bind, Key>
where
    DB: GuardDialect,
    C: Column<SqlType: EncryptedSql>,
    Value: QueryFragment<DB>,
    Bind: Guard<DB>,
    Key: Guard<DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let bound = <C::SqlType as EncryptedSql>::Policy::ROW_BOUND && Bind::GUARDS;
        out.push_identifier(C::NAME)?;
        out.push_sql(" = ");
        if !bound && !Key::GUARDS {
            return self.value.walk_ast(out);
        }
        out.push_sql("CASE WHEN ");
        if bound {
            self.bind.conditions(out.reborrow())?;
        }
        if bound && Key::GUARDS {
            out.push_sql(" AND ");
        }
        if Key::GUARDS {
            self.key.conditions(out.reborrow())?;
        }
        out.push_sql(" THEN ");
        self.value.walk_ast(out.reborrow())?;
        out.push_sql(" ELSE ");
        let column = |out: AstPass<'_, 'b, DB>| if bound { self.bind.column(out) } else { self.key.column(out) };
        DB::raise(<C::SqlType as EncryptedSql>::Storage::TEXT, column, out.reborrow())?;
        out.push_sql(" END");
        Ok(())
    }
}

/// Conditions that hold in one row: a tuple of [`Same`].
pub trait Guard<DB: Backend> {
    /// False for the empty tuple.
    const GUARDS: bool;

    /// Writes them, joined by AND.
    ///
    /// # Errors
    /// Those of the parts.
    fn conditions<'b>(&'b self, out: AstPass<'_, 'b, DB>) -> QueryResult<()>;

    /// Writes the first column.
    ///
    /// # Errors
    /// Those of the parts.
    fn column<'b>(&'b self, out: AstPass<'_, 'b, DB>) -> QueryResult<()>;
}

/// `column = value`. Diesel qualifies the column by its table, without which `ON CONFLICT DO UPDATE` finds it ambiguous.
#[derive(Debug, Clone, Copy)]
pub struct Same<C, Value> {
    column: C,
    value: Value,
}

/// The type of [`same`].
pub type SameOf<C, T> = Same<C, <T as AsExpression<<C as Expression>::SqlType>>::Expression>;

/// `column = value`.
pub fn same<C, T>(column: C, value: T) -> SameOf<C, T>
where
    C: Column<SqlType: SqlType + TypedExpressionType>,
    T: AsExpression<C::SqlType>,
{
    Same { column, value: value.as_expression() }
}

impl<C, Value> Same<C, Value> {
    fn condition<'b, DB>(&'b self, out: AstPass<'_, 'b, DB>) -> QueryResult<()>
    where
        DB: GuardDialect + HasSqlType<C::SqlType>,
        C: Expression + QueryFragment<DB>,
        Value: QueryFragment<DB>,
    {
        DB::same::<C::SqlType>(|out| self.column.walk_ast(out), |out| self.value.walk_ast(out), out)
    }
}

impl<DB: Backend> Guard<DB> for () {
    const GUARDS: bool = false;

    fn conditions<'b>(&'b self, _: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        Ok(())
    }

    fn column<'b>(&'b self, _: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        Ok(())
    }
}

macro_rules! guard {
    ($C:ident $V:ident $($index:tt $Cs:ident $Vs:ident)*) => {
        impl<DB, $C, $V, $($Cs, $Vs,)*> Guard<DB> for (Same<$C, $V>, $(Same<$Cs, $Vs>,)*)
        where
            DB: GuardDialect + HasSqlType<$C::SqlType> $(+ HasSqlType<$Cs::SqlType>)*,
            $C: Expression + QueryFragment<DB>,
            $V: QueryFragment<DB>,
            $($Cs: Expression + QueryFragment<DB>, $Vs: QueryFragment<DB>,)*
        {
            const GUARDS: bool = true;

            #[allow(unused_mut)]
            fn conditions<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
                self.0.condition(out.reborrow())?;
                $(
                    out.push_sql(" AND ");
                    self.$index.condition(out.reborrow())?;
                )*
                Ok(())
            }

            fn column<'b>(&'b self, out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
                self.0.column.walk_ast(out)
            }
        }
    };
}
guard!(C0 V0);
guard!(C0 V0 1 C1 V1);
guard!(C0 V0 1 C1 V1 2 C2 V2);
guard!(C0 V0 1 C1 V1 2 C2 V2 3 C3 V3);
guard!(C0 V0 1 C1 V1 2 C2 V2 3 C3 V3 4 C4 V4);
guard!(C0 V0 1 C1 V1 2 C2 V2 3 C3 V3 4 C4 V4 5 C5 V5);
guard!(C0 V0 1 C1 V1 2 C2 V2 3 C3 V3 4 C4 V4 5 C5 V5 6 C6 V6);
guard!(C0 V0 1 C1 V1 2 C2 V2 3 C3 V3 4 C4 V4 5 C5 V5 6 C6 V6 7 C7 V7);
