//! Where keysets are kept: in Postgres, in SQLite, or in a file. A store only keeps; who reads it verifies.

use std::fmt;

use async_trait::async_trait;

use crate::keyset::{Counter, Keyset};

mod file;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod sql;

pub use file::FileStore;
#[cfg(feature = "postgres")]
pub use sql::PostgresStore;
#[cfg(feature = "sqlite")]
pub use sql::SqliteStore;

/// Keeps keysets and their counters. Every change is a compare-and-swap, so that of two who write at once one is told.
#[async_trait]
pub trait KeyStore: fmt::Debug + Send + Sync {
    /// What to call it in messages; never with a password.
    fn describe(&self) -> String;

    /// The keyset of an application and tenant, as it is stored.
    ///
    /// # Errors
    /// A [`StoreError`].
    async fn load(&self, application: &str, tenant: &str) -> Result<Option<Keyset>, StoreError>;

    /// Puts `next` in the place of the keyset of this generation; None where there must be none.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where the stored generation is another one, and nothing was written.
    async fn replace(&self, expected: Option<u64>, next: &Keyset) -> Result<(), StoreError>;

    /// The tenants of an application that have a keyset, sorted.
    ///
    /// # Errors
    /// A [`StoreError`].
    async fn tenants(&self, application: &str) -> Result<Vec<String>, StoreError>;

    /// A key's counter.
    ///
    /// # Errors
    /// A [`StoreError`].
    async fn counter(&self, application: &str, tenant: &str, key_id: u32) -> Result<Option<Counter>, StoreError>;

    /// Puts `next` in the place of the counter of so many seals; None where there must be none.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where the stored count is another one, and nothing was written.
    async fn replace_counter(
        &self,
        application: &str,
        tenant: &str,
        expected: Option<u64>,
        next: &Counter,
    ) -> Result<(), StoreError>;

    /// Calls `changed` once it watches, and then whenever somebody has changed a keyset of the application, for as long as it
    /// can. A store that cannot tell waits for ever, and its readers look from time to time.
    ///
    /// # Errors
    /// A [`StoreError`] where it could tell and its connection is gone.
    async fn watch(&self, application: &str, changed: &(dyn Fn() + Sync)) -> Result<(), StoreError> {
        let _ = (application, changed);
        std::future::pending().await
    }
}

/// The key store did not answer, or said no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Somebody else changed it in the meantime.
    #[error("somebody else changed the key store in the meantime, and nothing was written; look again, then decide")]
    Conflict,
    /// It cannot be reached.
    #[error("the key store {store} cannot be reached: {reason}")]
    Unreachable {
        /// Which.
        store: String,
        /// What the driver says.
        reason: String,
    },
    /// Its tables are missing.
    #[error(
        "the key store {store} has no tables for keys; run the migrations `keys_postgres` or `keys_sqlite` of \
         encrypted-fields-migrations, or `encrypted-fields keys init`"
    )]
    NoTables {
        /// Which.
        store: String,
    },
    /// What it holds is no keyset.
    #[error("the key store {store} holds something that is no keyset: {reason}")]
    Malformed {
        /// Which.
        store: String,
        /// What is wrong.
        reason: String,
    },
    /// Anything else.
    #[error("the key store {store} failed: {reason}")]
    Failed {
        /// Which.
        store: String,
        /// What it says.
        reason: String,
    },
}

/// A URL as messages may show it.
#[cfg(any(feature = "postgres", feature = "sqlite", feature = "config"))]
pub(crate) fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = rest.find(['/', '?']).map_or((rest, ""), |at| rest.split_at(at));
    let authority = match authority.rsplit_once('@') {
        Some((user, host)) => format!("{}@{host}", user.split(':').next().unwrap_or_default()),
        None => authority.to_owned(),
    };
    // What follows the question mark may hold a password too.
    let path = path.split('?').next().unwrap_or_default();
    format!("{scheme}://{authority}{path}")
}

#[cfg(test)]
#[cfg(any(feature = "postgres", feature = "sqlite", feature = "config"))]
mod tests {
    use super::without_password;

    #[test]
    fn a_url_is_shown_without_its_password() {
        for (url, shown) in [
            ("postgres://u:secret@h:5432/db?sslmode=require", "postgres://u@h:5432/db"),
            ("postgres://u@h/db", "postgres://u@h/db"),
            ("postgres:///db?host=/run&password=secret", "postgres:///db"),
            ("postgres://h?password=secret", "postgres://h"),
            ("keys.sqlite", "keys.sqlite"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}
