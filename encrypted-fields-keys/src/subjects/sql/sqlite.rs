//! On SQLite.

use async_trait::async_trait;
use diesel::SqliteConnection;
use diesel::connection::AnsiTransactionManager;
use diesel::prelude::*;
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use diesel_async::{AsyncConnection as _, RunQueryDsl, SimpleAsyncConnection as _, TransactionManager as _};
use futures_util::{FutureExt as _, TryStreamExt as _};

use super::super::error::SubjectsError;
use super::super::namespace::Namespace;
use super::super::store::schema::{
    encrypted_fields_erasure_heads as heads, encrypted_fields_erasures as erasures,
    encrypted_fields_subject_keys as keys,
};
use super::super::store::{
    Erase, EraseView, Found, FoundKey, Ledger, Mint, Rewrapped, StoredErasure, StoredHead, StoredKey, SubjectStore,
};
use super::{Failed, failed, of_erasures, of_heads, of_keys, subject_store};

/// The records in SQLite: in the file of the data, or in one of their own.
#[derive(Clone)]
pub struct SqliteSubjectStore {
    pool: Pool<SyncConnectionWrapper<SqliteConnection>>,
}

impl SqliteSubjectStore {
    /// Over a pool of its own, of at most 4 connections that wait up to 10 seconds for each other's locks. What a transaction
    /// commits is on the disk (`synchronous = FULL`): an erasure survives the power.
    ///
    /// # Errors
    /// [`SubjectsError::Database`] where the pool cannot be made.
    pub fn connect(path: impl Into<String>) -> Result<Self, SubjectsError> {
        let mut config = ManagerConfig::default();
        config.recycling_method = RecyclingMethod::Fast;
        config.custom_setup = Box::new(|path| {
            async move {
                let mut connection = SyncConnectionWrapper::<SqliteConnection>::establish(path).await?;
                connection
                    .batch_execute("PRAGMA busy_timeout = 10000; PRAGMA synchronous = FULL")
                    .await
                    .map_err(ConnectionError::CouldntSetupConfiguration)?;
                Ok(connection)
            }
            .boxed()
        });
        let manager =
            AsyncDieselConnectionManager::<SyncConnectionWrapper<SqliteConnection>>::new_with_config(path, config);
        let pool = Pool::builder(manager).max_size(4).build();
        pool.map(Self::new).map_err(|error| SubjectsError::database("make a pool", error.to_string()))
    }
}

subject_store! {
    SqliteSubjectStore, SyncConnectionWrapper<SqliteConnection>,
    // Writers one after the other, from the first statement on: the head needs no lock of its own.
    begin: |connection| {
        connection.spawn_blocking(|it| AnsiTransactionManager::begin_transaction_sql(it, "BEGIN IMMEDIATE")).await
    },
    share: |head| head,
    hold: |head| head,
    insert: |connection, rows| {
        for row in rows {
            diesel::insert_into(keys::table).values(row).on_conflict_do_nothing().execute(&mut *connection).await?;
        }
    },
    notify: |_connection, _payload| {},
    // SQLite takes 32,766 parameters a statement.
    at_once: 10_000,
}
