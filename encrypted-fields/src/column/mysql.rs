//! MySQL and MariaDB: BLOB and TEXT, or VARBINARY and VARCHAR that are wide enough.

use diesel::deserialize::{self, FromSql};
use diesel::mysql::{Mysql, MysqlType, MysqlValue};
use diesel::query_builder::AstPass;
use diesel::result::QueryResult;
use diesel::sql_types::HasSqlType;

use crate::assign::GuardDialect;
use crate::sealed::Sealed;
use crate::sql_types::{Encrypted, Storage};

impl<ST, P, S: Storage> HasSqlType<Encrypted<ST, P, S>> for Mysql {
    fn metadata(_: &mut ()) -> MysqlType {
        if S::TEXT { MysqlType::String } else { MysqlType::Blob }
    }
}

/// Every BLOB, TEXT, BINARY and CHAR comes as its bytes. Another type's do not open.
impl<ST, P, S> FromSql<Encrypted<ST, P, S>, Mysql> for Sealed<Encrypted<ST, P, S>> {
    #[inline]
    fn from_sql(value: MysqlValue<'_>) -> deserialize::Result<Self> {
        Ok(Self::from_stored(value.as_bytes()))
    }
}

impl GuardDialect for Mysql {
    /// A sum that no BIGINT holds: error 1690 in every `sql_mode`, which quotes the expression and not its values.
    ///
    /// `CONCAT_WS` skips a NULL, which would make the sum NULL. The cast gives the CASE the type of the sealed value.
    fn raise<'b>(
        text: bool,
        column: impl FnOnce(AstPass<'_, 'b, Self>) -> QueryResult<()>,
        mut out: AstPass<'_, 'b, Self>,
    ) -> QueryResult<()> {
        out.push_sql("CAST(CHAR_LENGTH(CONCAT_WS('', 'encrypted_fields: other row', ");
        column(out.reborrow())?;
        out.push_sql(")) + 18446744073709551615 AS ");
        out.push_sql(if text { "CHAR)" } else { "BINARY)" });
        Ok(())
    }

    /// Texts are equal to MySQL where their collation says so: `'ABC' = 'abc'`, `'a' = 'a '`. A value is bound to the
    /// bytes, so the bytes are compared, and in one character set whatever the column's is.
    fn same<'b, ST>(
        column: impl FnOnce(AstPass<'_, 'b, Self>) -> QueryResult<()>,
        value: impl FnOnce(AstPass<'_, 'b, Self>) -> QueryResult<()>,
        mut out: AstPass<'_, 'b, Self>,
    ) -> QueryResult<()>
    where
        Self: HasSqlType<ST>,
    {
        if <Self as HasSqlType<ST>>::metadata(&mut ()) != MysqlType::String {
            column(out.reborrow())?;
            out.push_sql(" = ");
            return value(out);
        }
        out.push_sql("CAST(CONVERT(");
        column(out.reborrow())?;
        out.push_sql(" USING utf8mb4) AS BINARY) = CAST(CONVERT(");
        value(out.reborrow())?;
        out.push_sql(" USING utf8mb4) AS BINARY)");
        Ok(())
    }
}
