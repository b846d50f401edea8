//! Look-ups by blind index.

use diesel::backend::Backend;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Binary, Bool, Nullable};

use crate::diesel_internal::BindParam;
use crate::index::BlindIndex;

/// `index column IN (the value's tokens)`: what `field_eq` and `field_eq_any` return.
///
/// It asks for the tokens of every live index key, so a look-up finds rows that were written before a rotation.
#[derive(Debug, Clone)]
#[must_use = "a condition does nothing until it is given to `filter`"]
pub struct IndexEq<C> {
    column: C,
    tokens: Vec<BindParam<Binary, BlindIndex>>,
}

impl<C> IndexEq<C> {
    #[doc(hidden)]
    pub fn new(column: C, tokens: Vec<BlindIndex>) -> Self {
        Self { column, tokens: tokens.into_iter().map(BindParam::new).collect() }
    }
}

impl<C> Expression for IndexEq<C> {
    type SqlType = Nullable<Bool>;
}

impl<C, QS> AppearsOnTable<QS> for IndexEq<C> where C: AppearsOnTable<QS> {}
impl<C, QS> SelectableExpression<QS> for IndexEq<C> where C: SelectableExpression<QS> {}

impl<C, GB> ValidGrouping<GB> for IndexEq<C>
where
    C: ValidGrouping<GB>,
{
    type IsAggregate = C::IsAggregate;
}

impl<C> QueryId for IndexEq<C> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<C, DB> QueryFragment<DB> for IndexEq<C>
where
    DB: Backend,
    C: QueryFragment<DB>,
    BindParam<Binary, BlindIndex>: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let Some((first, others)) = self.tokens.split_first() else {
            out.push_sql("(0=1)");
            return Ok(());
        };
        // In parentheses, because a condition may be compared itself: `a = b = c` is no SQL.
        out.push_sql("(");
        self.column.walk_ast(out.reborrow())?;
        if others.is_empty() {
            out.push_sql(" = ");
            first.walk_ast(out.reborrow())?;
        } else {
            // The list's length is part of the text, and there is no end of lengths.
            out.unsafe_to_cache_prepared();
            out.push_sql(" IN (");
            first.walk_ast(out.reborrow())?;
            for token in others {
                out.push_sql(", ");
                token.walk_ast(out.reborrow())?;
            }
            out.push_sql(")");
        }
        out.push_sql(")");
        Ok(())
    }
}
