//! SQLite: BLOB and TEXT.

use diesel::deserialize::{self, FromSql};
use diesel::query_builder::AstPass;
use diesel::result::QueryResult;
use diesel::sql_types::HasSqlType;
use diesel::sqlite::{Sqlite, SqliteType, SqliteValue};

use crate::assign::GuardDialect;
use crate::sealed::Sealed;
use crate::sql_types::{Encrypted, Storage};

impl<ST, P, S: Storage> HasSqlType<Encrypted<ST, P, S>> for Sqlite {
    fn metadata(_: &mut ()) -> SqliteType {
        if S::TEXT { SqliteType::Text } else { SqliteType::Binary }
    }
}

/// SQLite converts a TEXT that stands in a BLOB column, and the other way round: opening tells.
impl<ST, P, S: Storage> FromSql<Encrypted<ST, P, S>, Sqlite> for Sealed<Encrypted<ST, P, S>> {
    #[inline]
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        Ok(Self::from_stored(value.read_blob()))
    }
}

impl GuardDialect for Sqlite {
    fn raise<'b>(
        _text: bool,
        _column: impl FnOnce(AstPass<'_, 'b, Self>) -> QueryResult<()>,
        mut out: AstPass<'_, 'b, Self>,
    ) -> QueryResult<()> {
        out.push_sql("json_extract('{}', 'encrypted_fields: other row')");
        Ok(())
    }
}
