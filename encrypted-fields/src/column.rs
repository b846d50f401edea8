//! Sealed values as Diesel sees them: binding, reading, and the SQL types of each backend.

#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod pg;
#[cfg(feature = "sqlite")]
mod sqlite;

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, Queryable};
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::{Binary, Nullable, Text};

use crate::diesel_internal::BindParam;
use crate::index::BlindIndex;
use crate::sealed::Sealed;
use crate::sql_types::{AsBytes, AsText, Encrypted};

/// The same for a value, a reference, and a reference to that; for a column and a nullable one.
macro_rules! as_expression {
    ([$($generics:tt)*] $sql:ty => $rust:ty) => {
        as_expression!(@ [$($generics)*] $sql => $rust);
        as_expression!(@ [$($generics)*] Nullable<$sql> => $rust);

        impl<$($generics)* __DB> ToSql<Nullable<$sql>, __DB> for $rust
        where
            __DB: Backend,
            Self: ToSql<$sql, __DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, __DB>) -> serialize::Result {
                ToSql::<$sql, __DB>::to_sql(self, out)
            }
        }
    };
    (@ [$($generics:tt)*] $sql:ty => $rust:ty) => {
        impl<$($generics)*> AsExpression<$sql> for $rust {
            type Expression = BindParam<$sql, Self>;

            fn as_expression(self) -> Self::Expression {
                BindParam::new(self)
            }
        }

        impl<'expr, $($generics)*> AsExpression<$sql> for &'expr $rust {
            type Expression = BindParam<$sql, Self>;

            fn as_expression(self) -> Self::Expression {
                BindParam::new(self)
            }
        }

        impl<'expr2, 'expr, $($generics)*> AsExpression<$sql> for &'expr2 &'expr $rust {
            type Expression = BindParam<$sql, Self>;

            fn as_expression(self) -> Self::Expression {
                BindParam::new(self)
            }
        }
    };
}
as_expression!([ST: 'static, P: 'static, S: 'static,] Encrypted<ST, P, S> => Sealed<Encrypted<ST, P, S>>);
as_expression!([] Binary => BlindIndex);

impl<ST, P, DB> ToSql<Encrypted<ST, P, AsBytes>, DB> for Sealed<Encrypted<ST, P, AsBytes>>
where
    DB: Backend,
    [u8]: ToSql<Binary, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        <[u8] as ToSql<Binary, DB>>::to_sql(self.stored()?, out)
    }
}

impl<ST, P, DB> ToSql<Encrypted<ST, P, AsText>, DB> for Sealed<Encrypted<ST, P, AsText>>
where
    DB: Backend,
    str: ToSql<Text, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        <str as ToSql<Text, DB>>::to_sql(std::str::from_utf8(self.stored()?)?, out)
    }
}

impl<DB> ToSql<Binary, DB> for BlindIndex
where
    DB: Backend,
    [u8]: ToSql<Binary, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        <[u8] as ToSql<Binary, DB>>::to_sql(self.token().map_err(Clone::clone)?, out)
    }
}

impl<DB> FromSql<Binary, DB> for BlindIndex
where
    DB: Backend,
    Vec<u8>: FromSql<Binary, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Vec::<u8>::from_sql(bytes).map(Self::from_stored)
    }
}

impl<ST, P, S, DB> Queryable<Encrypted<ST, P, S>, DB> for Sealed<Encrypted<ST, P, S>>
where
    ST: 'static,
    P: 'static,
    S: 'static,
    DB: Backend,
    Self: FromSql<Encrypted<ST, P, S>, DB>,
{
    type Row = Self;

    fn build(row: Self) -> deserialize::Result<Self> {
        Ok(row)
    }
}

impl<DB> Queryable<Binary, DB> for BlindIndex
where
    DB: Backend,
    Self: FromSql<Binary, DB>,
{
    type Row = Self;

    fn build(row: Self) -> deserialize::Result<Self> {
        Ok(row)
    }
}
