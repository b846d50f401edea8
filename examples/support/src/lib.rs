//! What the examples share: where their tables live, and their key.

use std::env;
use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};
use encrypted_fields::{Algorithm, DataKey, KeyError, Keyring};
use encrypted_fields_migrations::POSTGRES_DOMAINS;

/// Any error of an example, to be printed.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// The key of `ENCRYPTION_KEY`, or one that is made for this run and forgotten after it.
///
/// # Errors
/// Where the variable holds no key.
pub fn keyring(application: &str) -> Result<Keyring, KeyError> {
    match env::var_os("ENCRYPTION_KEY") {
        Some(_) => Keyring::from_env("ENCRYPTION_KEY").application(application),
        None => Keyring::builder(application).primary(DataKey::generate(Algorithm::Aes256Gcm)?).build(),
    }
}

/// A SQLite database in this file, which is made where it is missing.
///
/// # Errors
/// Where it cannot be opened, or the tables cannot be made.
pub fn sqlite(path: &Path, tables: EmbeddedMigrations) -> Result<SqliteConnection, Error> {
    let mut conn = SqliteConnection::establish(&path.to_string_lossy())?;
    // Two connections take turns: a writer waits for the other, up to ten seconds.
    conn.batch_execute("PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = ON")?;
    conn.run_pending_migrations(tables)?;
    Ok(conn)
}

/// By this comment a run knows the schema of an earlier one.
const OURS: &str = "made by an example of encrypted-fields, which replaces it at each run";

/// A Postgres schema of the example's own, so that no other table of the database is touched. It stays, to be looked at
/// with psql; the next run replaces it.
///
/// # Errors
/// Where the database cannot be reached, or has a schema of this name that no example made.
pub fn postgres(url: &str, schema: &str, tables: EmbeddedMigrations) -> Result<PgConnection, Error> {
    let mut conn = PgConnection::establish(url)?;
    if let Some(found) = schema_comment(&mut conn, schema)?
        && found.comment.as_deref() != Some(OURS)
    {
        return Err(format!(
            "this database has a schema {schema} that this example did not make, so it is left as it is; name another \
             database in DATABASE_URL, or rename that schema"
        )
        .into());
    }
    conn.transaction::<_, Error, _>(|conn| {
        conn.batch_execute(&format!(
            "SET LOCAL client_min_messages TO warning;
             DROP SCHEMA IF EXISTS {schema} CASCADE;
             CREATE SCHEMA {schema};
             COMMENT ON SCHEMA {schema} IS '{OURS}';
             SET search_path TO {schema}"
        ))?;
        conn.run_pending_migrations(POSTGRES_DOMAINS)?;
        conn.run_pending_migrations(tables)?;
        Ok(())
    })?;
    Ok(conn)
}

/// One more connection to what [`postgres`] made.
///
/// # Errors
/// Where the database cannot be reached.
pub fn postgres_again(url: &str, schema: &str) -> Result<PgConnection, Error> {
    let mut conn = PgConnection::establish(url)?;
    conn.batch_execute(&format!("SET search_path TO {schema}"))?;
    Ok(conn)
}

#[derive(QueryableByName)]
struct Comment {
    #[diesel(sql_type = Nullable<Text>)]
    comment: Option<String>,
}

fn schema_comment(conn: &mut PgConnection, schema: &str) -> QueryResult<Option<Comment>> {
    diesel::sql_query("SELECT obj_description(oid, 'pg_namespace') AS comment FROM pg_namespace WHERE nspname = $1")
        .bind::<Text, _>(schema)
        .get_result(conn)
        .optional()
}
