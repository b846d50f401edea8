//! SQLite: BLOB and TEXT.

use diesel::query_builder::AstPass;
use diesel::result::QueryResult;
use diesel::sql_types::HasSqlType;
use diesel::sqlite::{Sqlite, SqliteType};

use crate::assign::GuardDialect;
use crate::sql_types::{Encrypted, Storage};

impl<ST, P, S: Storage> HasSqlType<Encrypted<ST, P, S>> for Sqlite {
    fn metadata(_: &mut ()) -> SqliteType {
        if S::TEXT { SqliteType::Text } else { SqliteType::Binary }
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
