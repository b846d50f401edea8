//! Creating tables, by the migrations that this project ships.

use encrypted_fields_keys::config::StoreUrl;

/// Which tables.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Set {
    /// Of the key store.
    Keys,
    /// Of subject keys and erasures.
    #[cfg(any(feature = "postgres", feature = "sqlite"))]
    Subjects,
}

/// Creates what is missing. Two who do it at once are one who does.
pub(crate) async fn create(url: StoreUrl, set: Set) -> Result<(), String> {
    // The second finds what the first made.
    let twice = move || create_now(&url, set).or_else(|_| create_now(&url, set));
    tokio::task::spawn_blocking(twice).await.unwrap_or_else(|error| Err(error.to_string()))
}

fn create_now(url: &StoreUrl, set: Set) -> Result<(), String> {
    match url {
        #[cfg(feature = "postgres")]
        StoreUrl::Postgres(url) => postgres(url, set),
        #[cfg(feature = "sqlite")]
        StoreUrl::Sqlite(path) => sqlite(path, set),
        _ => {
            let _ = set;
            Ok(())
        }
    }
}

#[cfg(feature = "postgres")]
fn postgres(url: &str, set: Set) -> Result<(), String> {
    use diesel_async::{AsyncConnection as _, AsyncMigrationHarness, AsyncPgConnection};
    use diesel_migrations::MigrationHarness as _;
    use encrypted_fields_migrations::{KEYS_POSTGRES, SUBJECTS_POSTGRES};

    let conn = tokio::runtime::Handle::current().block_on(AsyncPgConnection::establish(url));
    let mut harness = AsyncMigrationHarness::new(conn.map_err(|error| error.to_string())?);
    let migrations = match set {
        Set::Keys => KEYS_POSTGRES,
        Set::Subjects => SUBJECTS_POSTGRES,
    };
    harness.run_pending_migrations(migrations).map(drop).map_err(|error| error.to_string())
}

#[cfg(feature = "sqlite")]
fn sqlite(path: &std::path::Path, set: Set) -> Result<(), String> {
    use diesel::Connection as _;
    use diesel::connection::SimpleConnection as _;
    use diesel_migrations::MigrationHarness as _;
    use encrypted_fields_migrations::{KEYS_SQLITE, SUBJECTS_SQLITE};

    let conn = diesel::SqliteConnection::establish(&path.to_string_lossy());
    let mut conn = conn.map_err(|error| error.to_string())?;
    conn.batch_execute("PRAGMA busy_timeout = 10000").map_err(|error| error.to_string())?;
    let migrations = match set {
        Set::Keys => KEYS_SQLITE,
        Set::Subjects => SUBJECTS_SQLITE,
    };
    conn.run_pending_migrations(migrations).map(drop).map_err(|error| error.to_string())
}
