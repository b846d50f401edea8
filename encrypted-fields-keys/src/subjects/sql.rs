//! [`SubjectStore`] over diesel-async: the statements once, for Postgres and for SQLite.

use std::time::Duration;

use diesel::result::Error;

use super::error::SubjectsError;

#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(feature = "postgres")]
pub use postgres::PgSubjectStore;
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteSubjectStore;

/// How long a connection is waited for: a pool has no limit of its own.
const PATIENCE: Duration = Duration::from_secs(10);

/// Told to other processes when a subject is erased.
#[cfg(feature = "postgres")]
pub(super) const CHANNEL: &str = "encrypted_fields_subjects";

/// A transaction failed: for the database's reasons, or because whoever was asked said no.
enum Failed {
    Database(Error),
    Refused(SubjectsError),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

impl Failed {
    fn to(self, during: &'static str) -> SubjectsError {
        match self {
            Self::Database(error) => failed(during)(error),
            Self::Refused(refused) => refused,
        }
    }
}

/// The message of the database, and no more of it: the details of an error may show a subject.
fn failed(during: &'static str) -> impl Fn(Error) -> SubjectsError {
    move |error| {
        let detail = match error {
            Error::DatabaseError(_, information) => information.message().to_owned(),
            other => other.to_string(),
        };
        SubjectsError::database(during, detail)
    }
}

/// What differs is given: how a transaction begins, how the head is held, how many rows are inserted or asked for at once.
macro_rules! subject_store {
    (
        $store:ident, $connection:ty,
        begin: |$begun:ident| $begin:expr,
        share: |$shared:ident| $share:expr,
        hold: |$held:ident| $hold:expr,
        insert: |$inserted:ident, $rows:ident| $insert:expr,
        notify: |$notified:ident, $payload:ident| $notify:expr,
        at_once: $at_once:expr,
    ) => {
        type Connection = $connection;
        type Pooled = diesel_async::pooled_connection::deadpool::Object<Connection>;

        impl $store {
            /// Over a pool of yours.
            pub fn new(pool: diesel_async::pooled_connection::deadpool::Pool<$connection>) -> Self {
                Self { pool }
            }

            async fn connection(&self, during: &'static str) -> Result<Pooled, SubjectsError> {
                match tokio::time::timeout(super::PATIENCE, self.pool.get()).await {
                    Ok(Ok(connection)) => Ok(connection),
                    Ok(Err(error)) => Err(SubjectsError::database(during, error.to_string())),
                    Err(_) => Err(SubjectsError::database(during, "no connection within 10 seconds")),
                }
            }
        }

        impl std::fmt::Debug for $store {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($store)).finish_non_exhaustive()
            }
        }

        async fn begin($begun: &mut Connection) -> QueryResult<()> {
            $begin
        }

        /// Commits what went well, and takes back what did not.
        async fn end<R>(connection: &mut Connection, result: Result<R, Failed>) -> Result<R, Failed> {
            type Transactions = <Connection as diesel_async::AsyncConnection>::TransactionManager;
            match result {
                Ok(value) => {
                    Transactions::commit_transaction(connection).await?;
                    Ok(value)
                }
                Err(failed) => {
                    Transactions::rollback_transaction(connection).await?;
                    Err(failed)
                }
            }
        }

        async fn ledger_of(
            connection: &mut Connection,
            namespace: &Namespace,
            head: Option<StoredHead>,
        ) -> QueryResult<Ledger> {
            let entries = erasures::table.filter(of_erasures!(namespace)).count().get_result(connection).await?;
            Ok(Ledger { head, entries, tombstones: 0 })
        }

        async fn named(
            connection: &mut Connection,
            namespace: &Namespace,
            subjects: &[&[u8]],
        ) -> QueryResult<Vec<StoredErasure>> {
            let mut all = Vec::new();
            for subjects in subjects.chunks($at_once) {
                let found = erasures::table
                    .filter(of_erasures!(namespace))
                    .filter(erasures::subject.eq_any(subjects))
                    .select(StoredErasure::as_select())
                    .load(connection)
                    .await?;
                all.extend(found);
            }
            Ok(all)
        }

        async fn mint_in(connection: &mut Connection, namespace: &Namespace, mint: &Mint<'_>) -> Result<(), Failed> {
            let head = heads::table.filter(of_heads!(namespace)).select(StoredHead::as_select());
            let head = {
                let $shared = head;
                $share.first(connection).await.optional()?
            };
            let ledger = ledger_of(connection, namespace, head).await?;
            let subjects: Vec<&[u8]> = mint.keys.iter().map(|key| key.subject.as_slice()).collect();
            let erased = named(connection, namespace, &subjects).await?;
            (mint.permit)(&ledger, &erased).map_err(Failed::Refused)?;
            (mint.step)("mint: permitted");
            let rows: Vec<_> = mint
                .keys
                .iter()
                .map(|key| {
                    let of = (keys::application.eq(namespace.application()), keys::tenant.eq(namespace.tenant()));
                    (of, key)
                })
                .collect();
            {
                let ($inserted, $rows) = (&mut *connection, rows);
                $insert
            }
            (mint.step)("mint: inserted");
            Ok(())
        }

        async fn erase_in(connection: &mut Connection, namespace: &Namespace, erase: &Erase<'_>) -> Result<(), Failed> {
            let head = heads::table.filter(of_heads!(namespace)).select(StoredHead::as_select());
            let head = {
                let $held = head;
                $hold.first(connection).await.optional()?
            };
            let ledger = ledger_of(connection, namespace, head).await?;
            let erasure = named(connection, namespace, &[erase.subject]).await?.pop();
            let key = keys::table
                .filter(of_keys!(namespace))
                .filter(keys::subject.eq(erase.subject))
                .select(StoredKey::as_select())
                .first(connection)
                .await
                .optional()?;
            let entries = erasures::table
                .filter(of_erasures!(namespace))
                .filter(erasures::seq.gt(erase.entries_after))
                .order(erasures::seq)
                .select(StoredErasure::as_select())
                .load(connection)
                .await?;
            let plan = (erase.plan)(EraseView { ledger, key, erasure, entries }).map_err(Failed::Refused)?;
            (erase.step)("erase: planned");
            if let Some((entry, head)) = &plan.append {
                let of = (erasures::application.eq(namespace.application()), erasures::tenant.eq(namespace.tenant()));
                diesel::insert_into(erasures::table).values((of, entry)).execute(connection).await?;
                (erase.step)("erase: appended");
                diesel::update(heads::table.filter(of_heads!(namespace))).set(head).execute(connection).await?;
            }
            if let Some(tombstone) = &plan.tombstone {
                let of = (keys::application.eq(namespace.application()), keys::tenant.eq(namespace.tenant()));
                diesel::insert_into(keys::table)
                    .values((of, tombstone))
                    .on_conflict((keys::application, keys::tenant, keys::subject))
                    .do_update()
                    .set(tombstone)
                    .execute(connection)
                    .await?;
                (erase.step)("erase: buried");
                let ($notified, $payload) = (&mut *connection, &plan.notify);
                $notify
            }
            Ok(())
        }

        async fn rewrap_in(
            connection: &mut Connection,
            namespace: &Namespace,
            rewrapped: &[Rewrapped],
        ) -> Result<usize, Failed> {
            let mut changed = 0;
            for key in rewrapped {
                let standing = keys::table
                    .filter(of_keys!(namespace))
                    .filter(keys::subject.eq(&key.subject))
                    .filter(keys::wrapped.eq(&key.old));
                changed += diesel::update(standing)
                    .set((keys::wrapped.eq(Some(&key.new)), keys::root_id.eq(Some(key.root_id))))
                    .execute(connection)
                    .await?;
            }
            Ok(changed)
        }

        #[async_trait]
        impl SubjectStore for $store {
            async fn find(
                &self,
                namespace: &Namespace,
                subjects: &[&[u8]],
                found: &mut (dyn FnMut(Found) + Send),
            ) -> Result<(), SubjectsError> {
                const DURING: &str = "read subjects' keys";
                let mut connection = self.connection(DURING).await?;
                for subjects in subjects.chunks($at_once) {
                    let listed = erasures::table
                        .filter(of_erasures!(namespace))
                        .filter(erasures::subject.eq_any(subjects))
                        .select(erasures::subject);
                    let query = keys::table
                        .filter(of_keys!(namespace))
                        .filter(keys::subject.eq_any(subjects))
                        .select((FoundKey::as_select(), keys::subject.eq_any(listed)));
                    let mut rows =
                        query.load_stream::<(FoundKey, bool)>(&mut *connection).await.map_err(failed(DURING))?;
                    while let Some((key, listed)) = rows.try_next().await.map_err(failed(DURING))? {
                        found(Found { key, listed });
                    }
                }
                Ok(())
            }

            async fn erasures_of(
                &self,
                namespace: &Namespace,
                subjects: &[&[u8]],
            ) -> Result<Vec<StoredErasure>, SubjectsError> {
                const DURING: &str = "read the ledger of erasures";
                let mut connection = self.connection(DURING).await?;
                named(&mut connection, namespace, subjects).await.map_err(failed(DURING))
            }

            async fn mint(&self, namespace: &Namespace, mint: Mint<'_>) -> Result<(), SubjectsError> {
                const DURING: &str = "write new subjects' keys";
                let mut connection = self.connection(DURING).await?;
                begin(&mut connection).await.map_err(failed(DURING))?;
                let result = mint_in(&mut connection, namespace, &mint).await;
                end(&mut connection, result).await.map_err(|failed| failed.to(DURING))
            }

            async fn erase(&self, namespace: &Namespace, erase: Erase<'_>) -> Result<(), SubjectsError> {
                const DURING: &str = "erase a subject's key";
                let mut connection = self.connection(DURING).await?;
                begin(&mut connection).await.map_err(failed(DURING))?;
                let result = erase_in(&mut connection, namespace, &erase).await;
                end(&mut connection, result).await.map_err(|failed| failed.to(DURING))
            }

            async fn rewrap(&self, namespace: &Namespace, rewrapped: &[Rewrapped]) -> Result<usize, SubjectsError> {
                const DURING: &str = "wrap subjects' keys anew";
                let mut connection = self.connection(DURING).await?;
                begin(&mut connection).await.map_err(failed(DURING))?;
                let result = rewrap_in(&mut connection, namespace, rewrapped).await;
                end(&mut connection, result).await.map_err(|failed| failed.to(DURING))
            }

            async fn page(
                &self,
                namespace: &Namespace,
                after: Option<&[u8]>,
                not_under: Option<i64>,
                limit: i64,
            ) -> Result<Vec<StoredKey>, SubjectsError> {
                const DURING: &str = "read a page of subjects' keys";
                let mut connection = self.connection(DURING).await?;
                let mut query = keys::table
                    .filter(of_keys!(namespace))
                    .order(keys::subject)
                    .limit(limit)
                    .select(StoredKey::as_select())
                    .into_boxed();
                if let Some(after) = after {
                    query = query.filter(keys::subject.gt(after));
                }
                if let Some(root_id) = not_under {
                    query = query.filter(keys::root_id.ne(root_id));
                }
                query.load(&mut *connection).await.map_err(failed(DURING))
            }

            async fn by_root(&self, namespace: &Namespace) -> Result<Vec<(i64, i64)>, SubjectsError> {
                const DURING: &str = "count subjects' keys";
                let mut connection = self.connection(DURING).await?;
                let counts: Vec<(Option<i64>, i64)> = keys::table
                    .filter(of_keys!(namespace))
                    .filter(keys::root_id.is_not_null())
                    .group_by(keys::root_id)
                    .select((keys::root_id, diesel::dsl::count_star()))
                    .load(&mut *connection)
                    .await
                    .map_err(failed(DURING))?;
                Ok(counts.into_iter().filter_map(|(root, count)| root.map(|root| (root, count))).collect())
            }

            async fn ledger(&self, namespace: &Namespace) -> Result<Ledger, SubjectsError> {
                const DURING: &str = "read the ledger of erasures";
                let mut connection = self.connection(DURING).await?;
                let head = heads::table
                    .filter(of_heads!(namespace))
                    .select(StoredHead::as_select())
                    .first(&mut *connection)
                    .await
                    .optional()
                    .map_err(failed(DURING))?;
                let mut ledger = ledger_of(&mut connection, namespace, head).await.map_err(failed(DURING))?;
                if ledger.head.is_none() {
                    let tombstones = keys::table.filter(of_keys!(namespace)).filter(keys::root_id.is_null()).count();
                    ledger.tombstones = tombstones.get_result(&mut *connection).await.map_err(failed(DURING))?;
                }
                Ok(ledger)
            }

            async fn entries(
                &self,
                namespace: &Namespace,
                seq: i64,
                limit: i64,
            ) -> Result<Vec<StoredErasure>, SubjectsError> {
                const DURING: &str = "read the ledger of erasures";
                let mut connection = self.connection(DURING).await?;
                erasures::table
                    .filter(of_erasures!(namespace))
                    .filter(erasures::seq.gt(seq))
                    .order(erasures::seq)
                    .limit(limit)
                    .select(StoredErasure::as_select())
                    .load(&mut *connection)
                    .await
                    .map_err(failed(DURING))
            }

            async fn begin(&self, namespace: &Namespace, head: &StoredHead) -> Result<(), SubjectsError> {
                const DURING: &str = "begin the ledger of erasures";
                let mut connection = self.connection(DURING).await?;
                let of = (heads::application.eq(namespace.application()), heads::tenant.eq(namespace.tenant()));
                diesel::insert_into(heads::table)
                    .values((of, head))
                    .on_conflict_do_nothing()
                    .execute(&mut *connection)
                    .await
                    .map_err(failed(DURING))?;
                Ok(())
            }
        }
    };
}

macro_rules! of_keys {
    ($namespace:expr) => {
        keys::application.eq($namespace.application()).and(keys::tenant.eq($namespace.tenant()))
    };
}
macro_rules! of_erasures {
    ($namespace:expr) => {
        erasures::application.eq($namespace.application()).and(erasures::tenant.eq($namespace.tenant()))
    };
}
macro_rules! of_heads {
    ($namespace:expr) => {
        heads::application.eq($namespace.application()).and(heads::tenant.eq($namespace.tenant()))
    };
}
use {of_erasures, of_heads, of_keys, subject_store};
