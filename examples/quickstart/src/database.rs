//! A place for the table that nobody else uses, and that is gone in the end.

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, SqliteConnection};
use diesel_migrations::MigrationHarness;
use encrypted_fields_migrations::{POSTGRES_DOMAINS, QUICKSTART_POSTGRES, QUICKSTART_SQLITE};

use crate::print::Error;

/// A database without a name: SQLite keeps it in a temporary file, and removes that when it is closed.
pub(crate) fn sqlite() -> Result<SqliteConnection, Error> {
    let mut conn = SqliteConnection::establish("")?;
    conn.run_pending_migrations(QUICKSTART_SQLITE)?;
    Ok(conn)
}

/// A schema of its own, in a transaction that is never committed: nothing of yours is touched, and nothing stays.
pub(crate) fn postgres(url: &str) -> Result<PgConnection, Error> {
    let mut conn = PgConnection::establish(url)?;
    conn.begin_test_transaction()?;
    conn.batch_execute("CREATE SCHEMA quickstart_example; SET LOCAL search_path TO quickstart_example")?;
    conn.run_pending_migrations(POSTGRES_DOMAINS)?;
    conn.run_pending_migrations(QUICKSTART_POSTGRES)?;
    Ok(conn)
}
