//! Postgres: BYTEA and TEXT, or a domain over them; the built-in OIDs spare diesel-async a look-up a query.

use diesel::deserialize::{self, FromSql};
use diesel::pg::{Pg, PgTypeMetadata, PgValue};
use diesel::query_builder::AstPass;
use diesel::result::QueryResult;
use diesel::sql_types::HasSqlType;

use crate::assign::GuardDialect;
use crate::sealed::Sealed;
use crate::sql_types::{Encrypted, Storage};

// `pg_type.dat`: bytea 17, _bytea 1001; text 25, _text 1009.
const BYTEA: (u32, u32) = (17, 1001);
const TEXT: (u32, u32) = (25, 1009);

impl<ST, P, S: Storage> HasSqlType<Encrypted<ST, P, S>> for Pg {
    fn metadata(_: &mut Self::MetadataLookup) -> PgTypeMetadata {
        let (oid, array) = if S::TEXT { TEXT } else { BYTEA };
        PgTypeMetadata::new(oid, array)
    }
}

/// BYTEA and TEXT have one binary form: the bytes themselves.
impl<ST, P, S> FromSql<Encrypted<ST, P, S>, Pg> for Sealed<Encrypted<ST, P, S>> {
    #[inline]
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self::from_stored(value.as_bytes()))
    }
}

impl GuardDialect for Pg {
    fn raise<'b>(
        text: bool,
        column: impl FnOnce(AstPass<'_, 'b, Self>) -> QueryResult<()>,
        mut out: AstPass<'_, 'b, Self>,
    ) -> QueryResult<()> {
        out.push_sql(if text { "encode(decode(CAST(" } else { "decode(CAST(" });
        column(out.reborrow())?;
        out.push_sql(" AS text), 'encrypted_fields: other row')");
        if text {
            out.push_sql(", 'hex')");
        }
        Ok(())
    }
}
