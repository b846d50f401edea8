//! The two stores over a pool of diesel-async.

use std::fmt;

use async_trait::async_trait;
use diesel_async::SimpleAsyncConnection as _;
use diesel_async::pooled_connection::AsyncDieselConnectionManager;
use diesel_async::pooled_connection::deadpool::{Object, Pool};

use crate::keyset::{Counter, Keyset};
use crate::store::{KeyStore, StoreError, without_password};

use super::{Failed, keyset_of, store_error};

macro_rules! sql_store {
    (
        $(#[$documentation:meta])*
        $store:ident, $module:ident, $connection:ty, announce = $announce:literal, setup = $setup:literal,
        $(listen = $listen:item)?
    ) => {
        $(#[$documentation])*
        #[derive(Clone)]
        pub struct $store {
            pool: Pool<$connection>,
            name: String,
            #[allow(dead_code, reason = "only Postgres tells of changes, on a connection of its own")]
            url: Option<String>,
        }

        impl $store {
            /// Over connections to this URL, made when they are needed.
            ///
            /// # Errors
            /// [`StoreError::Failed`] where no pool can be made.
            pub fn connect(url: &str) -> Result<Self, StoreError> {
                let name = without_password(url);
                let manager = AsyncDieselConnectionManager::<$connection>::new(url);
                let pool = Pool::builder(manager).max_size(4).build();
                let pool = pool.map_err(|error| StoreError::Failed { store: name.clone(), reason: error.to_string() })?;
                Ok(Self { pool, name, url: Some(url.to_owned()) })
            }

            /// Over a pool of the program's own, called `name` in messages.
            pub fn new(pool: Pool<$connection>, name: impl Into<String>) -> Self {
                Self { pool, name: name.into(), url: None }
            }

            async fn conn(&self) -> Result<Object<$connection>, StoreError> {
                let unreachable = |reason| StoreError::Unreachable { store: self.name.clone(), reason };
                let mut conn = self.pool.get().await.map_err(|error| unreachable(error.to_string()))?;
                if !$setup.is_empty() {
                    conn.batch_execute($setup).await.map_err(|error| unreachable(error.to_string()))?;
                }
                Ok(conn)
            }

            fn failed(&self, failed: Failed) -> StoreError {
                match failed {
                    Failed::Conflict => StoreError::Conflict,
                    Failed::Database(error) => store_error(self.name.clone(), &error),
                }
            }
        }

        #[async_trait]
        impl KeyStore for $store {
            fn describe(&self) -> String {
                self.name.clone()
            }

            async fn load(&self, application: &str, tenant: &str) -> Result<Option<Keyset>, StoreError> {
                let rows = super::$module::load(&mut *self.conn().await?, application, tenant).await;
                let rows = rows.map_err(|error| store_error(self.name.clone(), &error))?;
                let malformed = |reason| StoreError::Malformed { store: self.name.clone(), reason };
                keyset_of(application, tenant, rows).map_err(malformed)
            }

            async fn replace(&self, expected: Option<u64>, next: &Keyset) -> Result<(), StoreError> {
                let replaced = super::$module::replace(&mut *self.conn().await?, expected, next, $announce).await;
                replaced.map_err(|failed| self.failed(failed))
            }

            async fn tenants(&self, application: &str) -> Result<Vec<String>, StoreError> {
                let tenants = super::$module::tenants(&mut *self.conn().await?, application).await;
                tenants.map_err(|error| store_error(self.name.clone(), &error))
            }

            async fn counter(
                &self,
                application: &str,
                tenant: &str,
                key_id: u32,
            ) -> Result<Option<Counter>, StoreError> {
                let found = super::$module::counter(&mut *self.conn().await?, application, tenant, key_id).await;
                let found = found.map_err(|error| store_error(self.name.clone(), &error))?;
                Ok(found.map(|(seals, mac)| Counter { key_id, seals: u64::try_from(seals).unwrap_or(u64::MAX), mac }))
            }

            async fn replace_counter(
                &self,
                application: &str,
                tenant: &str,
                expected: Option<u64>,
                next: &Counter,
            ) -> Result<(), StoreError> {
                let conn = &mut *self.conn().await?;
                let replaced = super::$module::replace_counter(conn, application, tenant, expected, next).await;
                replaced.map_err(|failed| self.failed(failed))
            }

            $($listen)?
        }

        impl fmt::Debug for $store {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($store), self.name)
            }
        }
    };
}

#[cfg(feature = "postgres")]
sql_store! {
    /// Keysets in Postgres, in the tables of `migrations/keys_postgres`. It tells of changes by `NOTIFY`.
    PostgresStore, postgres, diesel_async::AsyncPgConnection, announce = true, setup = "",
    listen = async fn watch(&self, application: &str, changed: &(dyn Fn() + Sync)) -> Result<(), StoreError> {
        use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _};
        use futures_util::StreamExt as _;

        let Some(url) = &self.url else { return std::future::pending().await };
        let gone = |reason: String| StoreError::Unreachable { store: self.name.clone(), reason };
        let mut conn = AsyncPgConnection::establish(url).await.map_err(|error| gone(error.to_string()))?;
        let listen = diesel::sql_query("LISTEN encrypted_fields_keys").execute(&mut conn).await;
        listen.map_err(|error| gone(error.to_string()))?;
        // What was changed before it listened.
        changed();
        let mut notices = std::pin::pin!(conn.notifications_stream());
        while let Some(notice) = notices.next().await {
            if notice.map_err(|error| gone(error.to_string()))?.payload == application {
                changed();
            }
        }
        Err(gone("the connection that listens was closed".into()))
    }
}

#[cfg(feature = "sqlite")]
sql_store! {
    /// Keysets in SQLite, in the tables of `migrations/keys_sqlite`.
    SqliteStore, sqlite, diesel_async::sync_connection_wrapper::SyncConnectionWrapper<diesel::SqliteConnection>,
    announce = false, setup = "PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = ON",
}
