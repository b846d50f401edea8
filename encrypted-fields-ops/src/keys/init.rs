//! `encrypted-fields keys init`: the key store's tables.

use encrypted_fields_keys::StoreError;
use encrypted_fields_keys::config::StoreUrl;
use serde_json::json;

use crate::failure::Failure;
use crate::reply::Reply;
use crate::session::Session;

pub(super) async fn run(session: &Session) -> Result<Reply, Failure> {
    let store = session.config.store()?;
    let name = store.describe();
    // Tables that the program's own migrations made are as good.
    let created = match store.tenants("").await {
        Ok(_) => false,
        Err(StoreError::NoTables { .. }) => {
            let url = session.config.store_url().cloned();
            let created = tokio::task::spawn_blocking(move || url.map(|url| create(&url))).await;
            let why = match created {
                Ok(Some(Ok(()))) => None,
                Ok(Some(Err(why))) => Some(why),
                Ok(None) => Some("it is not configured".to_owned()),
                Err(error) => Some(error.to_string()),
            };
            // Whoever ran it at the same moment may have been faster.
            match (why, store.tenants("").await) {
                (_, Ok(_)) => true,
                (Some(why), Err(_)) => {
                    let what = format!("the tables of {name} cannot be created: {why}");
                    return Err(Failure::failed("init", what, "see whether this user may create tables there"));
                }
                (None, Err(error)) => return Err(encrypted_fields_keys::KeysError::from(error).into()),
            }
        }
        Err(error) => return Err(encrypted_fields_keys::KeysError::from(error).into()),
    };
    let done = match (created, session.config.store_url()) {
        (true, _) => "The tables for keys are created",
        (false, Some(StoreUrl::File(_))) => "A file needs no tables: it is made with the first key",
        (false, _) => "The tables for keys are there",
    };
    let text = format!("{done}, in {name}. Next: encrypted-fields keys generate --promote");
    Ok(Reply::new(json!({"store": name, "created": created}), text))
}

fn create(url: &StoreUrl) -> Result<(), String> {
    match url {
        #[cfg(feature = "postgres")]
        StoreUrl::Postgres(url) => postgres(url),
        #[cfg(feature = "sqlite")]
        StoreUrl::Sqlite(path) => sqlite(path),
        _ => Ok(()),
    }
}

#[cfg(feature = "postgres")]
fn postgres(url: &str) -> Result<(), String> {
    use diesel_async::{AsyncConnection as _, AsyncMigrationHarness, AsyncPgConnection};
    use diesel_migrations::MigrationHarness as _;

    let conn = tokio::runtime::Handle::current().block_on(AsyncPgConnection::establish(url));
    let conn = conn.map_err(|error| error.to_string())?;
    let mut harness = AsyncMigrationHarness::new(conn);
    let done = harness.run_pending_migrations(encrypted_fields_migrations::KEYS_POSTGRES);
    done.map(drop).map_err(|error| error.to_string())
}

#[cfg(feature = "sqlite")]
fn sqlite(path: &std::path::Path) -> Result<(), String> {
    use diesel::Connection as _;
    use diesel_migrations::MigrationHarness as _;

    let conn = diesel::SqliteConnection::establish(&path.to_string_lossy());
    let mut conn = conn.map_err(|error| error.to_string())?;
    let done = conn.run_pending_migrations(encrypted_fields_migrations::KEYS_SQLITE);
    done.map(drop).map_err(|error| error.to_string())
}
