//! Opt-in: comparing, sorting by or searching in an encrypted column does not compile, and the message says why.
//!
//! Two seals of one value differ, so `WHERE balance = ..` finds nothing and `ORDER BY balance` is a random order. Diesel
//! refuses a comparison with a plaintext in many lines, and takes `.asc()` or a comparison of two columns. With this trait in
//! scope each such call is one error, E0034, that names
//! [`ThisColumnIsEncryptedUseFieldEqOrTheRowHandle`] beside Diesel's own trait:
//!
//! ```compile_fail,E0034
//! use diesel::prelude::*;
//! #[allow(unused_imports)] // It only ever refuses.
//! use encrypted_fields::guard::*;
//! # diesel::table! {
//! #     use diesel::sql_types::*;
//! #     use encrypted_fields::sql_types::*;
//! #     wallets (id) { id -> BigInt, owner_id -> BigInt, balance -> Encrypted<Numeric>, }
//! # }
//!
//! let richest = wallets::table.order(wallets::balance.desc());
//! ```
//!
//! Everything else is as before, plain columns and the code of the derive included:
//!
//! ```
//! use diesel::prelude::*;
//! #[allow(unused_imports)] // It only ever refuses.
//! use encrypted_fields::guard::*;
//! # diesel::table! {
//! #     use diesel::sql_types::*;
//! #     use encrypted_fields::sql_types::*;
//! #     wallets (id) { id -> BigInt, owner_id -> BigInt, balance -> Encrypted<Numeric>, }
//! # }
//!
//! let of_one_owner = wallets::table.filter(wallets::owner_id.eq(7)).order(wallets::id.desc());
//! let without_balance = wallets::table.filter(wallets::balance.is_null());
//! # let _ = (of_one_owner, without_balance);
//! ```
//!
//! It sees methods of the column. `.order(balance)`, `.group_by(balance)`, `.distinct_on(balance)` and `count_distinct(balance)`
//! take the column as an argument: those Diesel compiles still.
//!
//! It is opt-in because it refuses `.set(balance.eq(excluded(balance)))` and `.set(balance.eq(sealed))` too. They carry no
//! [guard of their row](crate::assign); who means one of them writes `diesel::ExpressionMethods::eq(balance, ..)`.

use std::convert::Infallible;

use diesel::Expression;

use crate::sql_types::EncryptedSql;

macro_rules! refused {
    ($($name:ident($($argument:ident),*)),* $(,)?) => {$(
        /// Refused: the database cannot read the value.
        #[allow(unused_variables, non_camel_case_types)]
        #[allow(clippy::wrong_self_convention, reason = "the methods are named and taken as Diesel's")]
        fn $name<$($argument),*>(self, $($argument: $argument),*) -> Infallible
        where
            Self: ReadableByTheDatabase,
        {
            self.never()
        }
    )*};
}

/// The methods by which SQL compares, sorts and searches, on expressions whose value is encrypted: none can be called.
///
/// Instead of them:
///
/// | for | use |
/// |---|---|
/// | `email.eq("..")`, `eq_any` | a blind index: `User::email_eq("..")`, `User::email_eq_any(..)` |
/// | `.set(balance.eq(..))` | the row's handle: `.set(user.row().set_balance(&new))`, or save the model |
/// | `gt`, `lt`, `between`, `like`, `asc`, `desc` | load, and compare, search or sort in the program |
pub trait ThisColumnIsEncryptedUseFieldEqOrTheRowHandle: Sized {
    refused! {
        eq(other), ne(other), eq_any(values), ne_all(values), is(other), is_not(other),
        is_distinct_from(other), is_not_distinct_from(other),
        gt(other), ge(other), lt(other), le(other), between(lower, upper), not_between(lower, upper),
        asc(), desc(),
        like(pattern), not_like(pattern), ilike(pattern), not_ilike(pattern), similar_to(pattern), not_similar_to(pattern),
    }
}

impl<E> ThisColumnIsEncryptedUseFieldEqOrTheRowHandle for E
where
    E: Expression,
    E::SqlType: EncryptedSql,
{
}

/// Of no type: where Diesel has no method of the name for this column, this bound refuses the call instead.
#[diagnostic::on_unimplemented(
    message = "this column is encrypted: the database cannot compare, sort by or search in it",
    label = "encrypted",
    note = "find rows by a blind index, `Model::field_eq(value)`; write through the row's handle, `row.set_field(value)`; \
            or load, and compare, sort or search in the program"
)]
pub trait ReadableByTheDatabase {
    #[doc(hidden)]
    fn never(self) -> Infallible;
}
