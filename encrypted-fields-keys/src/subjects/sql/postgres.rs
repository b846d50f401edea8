//! On Postgres.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{
    AsyncConnection as _, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection as _, TransactionManager as _,
};
use futures_util::FutureExt as _;
use futures_util::TryStreamExt as _;

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

/// The records in Postgres: in the database of the data, or in one of their own, whose backups are others.
#[derive(Clone)]
pub struct PgSubjectStore {
    pool: Pool<AsyncPgConnection>,
}

impl PgSubjectStore {
    /// Over a pool of its own, of at most 8 connections; the first is made when it is needed. For TLS, bring a pool
    /// ([`new`](Self::new)).
    ///
    /// # Errors
    /// [`SubjectsError::Database`] where the pool cannot be made.
    pub fn connect(url: impl Into<String>) -> Result<Self, SubjectsError> {
        let mut config = ManagerConfig::default();
        // A connection that broke is noticed without a query before each query.
        config.recycling_method = RecyclingMethod::Fast;
        config.custom_setup = Box::new(|url| {
            async move {
                let mut connection = AsyncPgConnection::establish(url).await?;
                // Look-ups are by index whatever their number: planning a list of a thousand anew takes as long as running it, and the
                // statistics of a table that has just been filled would have it read whole.
                connection
                    .batch_execute("SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off")
                    .await
                    .map_err(ConnectionError::CouldntSetupConfiguration)?;
                Ok(connection)
            }
            .boxed()
        });
        let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new_with_config(url, config);
        let pool = Pool::builder(manager).max_size(8).build();
        pool.map(Self::new).map_err(|error| SubjectsError::database("make a pool", error.to_string()))
    }
}

subject_store! {
    PgSubjectStore, AsyncPgConnection,
    begin: |connection| {
        <AsyncPgConnection as diesel_async::AsyncConnection>::TransactionManager::begin_transaction(connection).await
    },
    share: |head| head.for_share(),
    hold: |head| head.for_update(),
    insert: |connection, rows| {
        diesel::insert_into(keys::table).values(rows).on_conflict_do_nothing().execute(connection).await?;
    },
    notify: |connection, payload| {
        diesel::select(pg_notify(super::CHANNEL, payload)).execute(connection).await?;
    },
    at_once: usize::MAX,
}

diesel::define_sql_function! {
    /// Tells who listens, when the transaction commits.
    fn pg_notify(channel: diesel::sql_types::Text, payload: diesel::sql_types::Text);
}
