//! `multi_backend!`: encrypted columns over a connection that is one of several backends at run time.

/// Lets the enum of `#[derive(diesel::MultiConnection)]` take encrypted columns: its backend, a colon, and the backends of its
/// variants.
///
/// The derive names its backend `MultiBackend`, and puts it where the enum is. Diesel's own limits stay: what one of the
/// backends cannot do the enum cannot, upserts are left out, and so are UUIDs and timestamps with time zone.
/// [`Keyring::prove`](crate::Keyring::prove) takes the connection inside, by a `match`.
///
/// ```
/// # #[cfg(feature = "sqlite")]
/// mod database {
///     #[derive(diesel::MultiConnection)]
///     pub enum AnyConnection {
/// #       #[cfg(any())] // Needs libpq, which this page is built without.
///         Postgres(diesel::PgConnection),
///         Sqlite(diesel::SqliteConnection),
///     }
/// #   #[cfg(any())]
///     encrypted_fields::multi_backend!(MultiBackend: diesel::pg::Pg, diesel::sqlite::Sqlite);
/// #   encrypted_fields::multi_backend!(MultiBackend: diesel::sqlite::Sqlite);
/// }
/// ```
#[macro_export]
macro_rules! multi_backend {
    ($multi:ty: $($backend:ty),+ $(,)?) => {
        const _: () = {
            use $crate::__private::diesel as __diesel;
            use $crate::sql_types::{Encrypted as __Encrypted, Storage as __Storage};

            impl<__ST, __P, __S: __Storage> __diesel::sql_types::HasSqlType<__Encrypted<__ST, __P, __S>> for $multi {
                fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
                    <$multi>::lookup_sql_type::<__Encrypted<__ST, __P, __S>>(lookup)
                }
            }

            impl<__ST, __P, __S: __Storage> __diesel::deserialize::FromSql<__Encrypted<__ST, __P, __S>, $multi>
                for $crate::Sealed<__Encrypted<__ST, __P, __S>>
            {
                fn from_sql(
                    value: <$multi as __diesel::backend::Backend>::RawValue<'_>,
                ) -> __diesel::deserialize::Result<Self> {
                    value.from_sql::<Self, __Encrypted<__ST, __P, __S>>()
                }
            }

            // A guard is written in the words of the backend that there is.
            impl<__C, __V, __B, __K> __diesel::query_builder::QueryFragment<$multi>
                for $crate::assign::Assignment<__C, __V, __B, __K>
            where
                $(Self: __diesel::query_builder::QueryFragment<$backend>,)+
            {
                fn walk_ast<'b>(
                    &'b self,
                    out: __diesel::query_builder::AstPass<'_, 'b, $multi>,
                ) -> __diesel::QueryResult<()> {
                    <$multi>::walk_variant_ast(self, out)
                }
            }
        };
    };
}
