//! The hidden items of Diesel that this library needs, all of them, so that an upgrade has one file to look at.
//!
//! Diesel is pinned to its minor version for their sake, as diesel-async pins it.

/// A bind parameter with a SQL type: what `AsExpression` gives.
pub(crate) use diesel::internal::derives::as_expression::Bound as BindParam;
/// Lets a reference to a model be an element of a batch; the derive's expansion names it.
pub use diesel::internal::derives::insertable::UndecoratedInsertRecord;
/// The mark of a backend that Diesel itself implements its SQL fragments for.
pub(crate) use diesel::internal::derives::multiconnection::DieselReserveSpecialization;
/// The name of a table, which `table!` keeps nowhere else.
pub(crate) use diesel::internal::table_macro::StaticQueryFragment;
