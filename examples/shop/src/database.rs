//! Where the shop's tables live.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use diesel_migrations::MigrationHarness;
use encrypted_fields_migrations::{POSTGRES_DOMAINS, SHOP_POSTGRES, SHOP_SQLITE};

use crate::Error;

/// A database without a name: SQLite keeps it in a temporary file, and removes that when it is closed.
pub(crate) fn sqlite() -> Result<SqliteConnection, Error> {
    let mut conn = SqliteConnection::establish("")?;
    conn.batch_execute("PRAGMA foreign_keys = ON")?;
    conn.run_pending_migrations(SHOP_SQLITE)?;
    Ok(conn)
}

/// The schema of the example in a Postgres database. It stays, to be looked at with psql; the next run replaces it.
const SCHEMA: &str = "encrypted_fields_shop";
/// By this comment a run knows the schema of an earlier one.
const OURS: &str = "made by the shop example of encrypted-fields, which replaces it at each run";

/// A schema of the example's own, so that no other table of the database is touched.
pub(crate) fn postgres(url: &str) -> Result<PgConnection, Error> {
    let mut conn = PgConnection::establish(url)?;
    if let Some(found) = schema_comment(&mut conn)?
        && found.comment.as_deref() != Some(OURS)
    {
        return Err(format!(
            "this database has a schema {SCHEMA} that this example did not make, so it is left as it is; name another \
             database in DATABASE_URL, or rename that schema"
        )
        .into());
    }
    conn.transaction::<_, Error, _>(|conn| {
        conn.batch_execute(&format!(
            "SET LOCAL client_min_messages TO warning;
             DROP SCHEMA IF EXISTS {SCHEMA} CASCADE;
             CREATE SCHEMA {SCHEMA};
             COMMENT ON SCHEMA {SCHEMA} IS '{OURS}';
             SET search_path TO {SCHEMA}"
        ))?;
        conn.run_pending_migrations(POSTGRES_DOMAINS)?;
        conn.run_pending_migrations(SHOP_POSTGRES)?;
        Ok(())
    })?;
    Ok(conn)
}

#[derive(QueryableByName)]
struct Comment {
    #[diesel(sql_type = Nullable<Text>)]
    comment: Option<String>,
}

fn schema_comment(conn: &mut PgConnection) -> QueryResult<Option<Comment>> {
    diesel::sql_query("SELECT obj_description(oid, 'pg_namespace') AS comment FROM pg_namespace WHERE nspname = $1")
        .bind::<Text, _>(SCHEMA)
        .get_result(conn)
        .optional()
}
