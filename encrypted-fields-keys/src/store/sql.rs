//! Keysets in a database: their statements, written once for both backends.
//!
//! A keyset is read by one statement, so that no reader sees the half of a change, and written by one transaction whose first
//! statement is the compare-and-swap of its generation. Unique indexes hold one primary a purpose as well.

use diesel::dsl::{delete, insert_into, update};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};

use crate::keyset::{Counter, Keyset};
use crate::record::{KeyRecord, Slot};

use super::StoreError;

mod schema;
mod stores;

#[cfg(feature = "postgres")]
pub use stores::PostgresStore;
#[cfg(feature = "sqlite")]
pub use stores::SqliteStore;

use schema::{encrypted_fields_key_counters as counters, encrypted_fields_key_slots as slots};
use schema::{encrypted_fields_keys as keys, encrypted_fields_keysets as keysets};

#[derive(Queryable)]
struct KeysetRow {
    generation: i64,
    mac: Vec<u8>,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = keys)]
struct KeyRow {
    application: String,
    tenant: String,
    purpose: String,
    id: i64,
    algorithm: String,
    imported: bool,
    state: String,
    created_at: i64,
    activated_at: Option<i64>,
    retired_at: Option<i64>,
    destroyed_at: Option<i64>,
    check_value: Option<Vec<u8>>,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = slots)]
struct SlotRow {
    application: String,
    tenant: String,
    purpose: String,
    key_id: i64,
    kek: String,
    position: i32,
    wrapped: Vec<u8>,
}

/// A row of the statement that reads a keyset.
type Joined = (KeysetRow, Option<KeyRow>, Option<SlotRow>);

fn rows_of(keyset: &Keyset) -> (Vec<KeyRow>, Vec<SlotRow>) {
    let key_row = |key: &KeyRecord| KeyRow {
        application: keyset.application.clone(),
        tenant: keyset.tenant.clone(),
        purpose: key.purpose.name().to_owned(),
        id: key.id.into(),
        algorithm: key.algorithm.name().to_owned(),
        imported: key.imported,
        state: key.state.name().to_owned(),
        created_at: key.created,
        activated_at: key.activated,
        retired_at: key.retired,
        destroyed_at: key.destroyed,
        check_value: key.check.map(Vec::from),
    };
    let slot_row = |key: &KeyRecord, (position, slot): (usize, &Slot)| SlotRow {
        application: keyset.application.clone(),
        tenant: keyset.tenant.clone(),
        purpose: key.purpose.name().to_owned(),
        key_id: key.id.into(),
        kek: slot.kek.clone(),
        position: i32::try_from(position).unwrap_or(i32::MAX),
        wrapped: slot.wrapped.clone(),
    };
    let key_rows = keyset.keys.iter().map(key_row).collect();
    let slot_rows =
        keyset.keys.iter().flat_map(|key| key.slots.iter().enumerate().map(|slot| slot_row(key, slot))).collect();
    (key_rows, slot_rows)
}

/// The keyset that the rows are, sorted by purpose, id and position. What does not parse is an error: the MAC would fail too,
/// and say less.
fn keyset_of(application: &str, tenant: &str, rows: Vec<Joined>) -> Result<Option<Keyset>, String> {
    let mut keyset: Option<Keyset> = None;
    for (header, key, slot) in rows {
        let keyset = keyset.get_or_insert_with(|| Keyset {
            generation: u64::try_from(header.generation).unwrap_or_default(),
            mac: header.mac,
            ..Keyset::new(application, tenant)
        });
        let Some(key) = key else { continue };
        let record = record_of(key)?;
        let key = match keyset.keys.iter().position(|it| (it.purpose, it.id) == (record.purpose, record.id)) {
            Some(at) => at,
            None => {
                keyset.keys.push(record);
                keyset.keys.len() - 1
            }
        };
        if let (Some(key), Some(slot)) = (keyset.keys.get_mut(key), slot) {
            key.slots.push(Slot { kek: slot.kek, wrapped: slot.wrapped });
        }
    }
    if let Some(keyset) = &mut keyset {
        keyset.keys.sort_by_key(|key| (key.purpose, key.id));
    }
    Ok(keyset)
}

fn record_of(row: KeyRow) -> Result<KeyRecord, String> {
    let check = match row.check_value.map(<[u8; 16]>::try_from) {
        None => None,
        Some(Ok(check)) => Some(check),
        Some(Err(other)) => return Err(format!("key {} has a check value of {} bytes", row.id, other.len())),
    };
    Ok(KeyRecord {
        id: u32::try_from(row.id).map_err(|_| format!("{} is no key id", row.id))?,
        purpose: row.purpose.parse().map_err(|error| format!("key {}: {error}", row.id))?,
        algorithm: row.algorithm.parse().map_err(|error| format!("key {}: {error}", row.id))?,
        imported: row.imported,
        state: row.state.parse().map_err(|error| format!("key {}: {error}", row.id))?,
        created: row.created_at,
        activated: row.activated_at,
        retired: row.retired_at,
        destroyed: row.destroyed_at,
        check,
        slots: Vec::new(),
    })
}

/// A change that did not go through.
enum Failed {
    Conflict,
    Database(Error),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        match error {
            // Two who create the same keyset, or make two primaries: the second meets a unique index.
            Error::DatabaseError(DatabaseErrorKind::UniqueViolation | DatabaseErrorKind::SerializationFailure, _) => {
                Self::Conflict
            }
            other => Self::Database(other),
        }
    }
}

fn store_error(store: String, error: &Error) -> StoreError {
    let reason = error.to_string();
    let missing = ["no such table", "does not exist"].iter().any(|words| reason.contains(words));
    match error {
        _ if missing && reason.contains("encrypted_fields_") => StoreError::NoTables { store },
        Error::DatabaseError(DatabaseErrorKind::ClosedConnection, _) => StoreError::Unreachable { store, reason },
        _ => StoreError::Failed { store, reason },
    }
}

/// Nothing counts beyond 2^63.
fn bigint(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The statements on a connection of diesel-async. A macro, because the bounds of a generic function would be longer than all
/// of them.
macro_rules! statements {
    ($name:ident, $connection:ty) => {
        mod $name {
            // By its name, so that it takes the place of Diesel's own in the prelude.
            use diesel_async::{AsyncConnection as _, RunQueryDsl};

            use super::*;

            pub(super) async fn load(
                conn: &mut $connection,
                application: &str,
                tenant: &str,
            ) -> QueryResult<Vec<Joined>> {
                keysets::table
                    .left_join(
                        keys::table
                            .on(keys::application.eq(keysets::application).and(keys::tenant.eq(keysets::tenant))),
                    )
                    .left_join(
                        slots::table.on(slots::application
                            .eq(keys::application)
                            .and(slots::tenant.eq(keys::tenant))
                            .and(slots::purpose.eq(keys::purpose))
                            .and(slots::key_id.eq(keys::id))),
                    )
                    .filter(keysets::application.eq(application).and(keysets::tenant.eq(tenant)))
                    .order((keys::purpose, keys::id, slots::position))
                    .select((
                        (keysets::generation, keysets::mac),
                        keys::all_columns.nullable(),
                        slots::all_columns.nullable(),
                    ))
                    .load::<Joined>(conn)
                    .await
            }

            pub(super) async fn tenants(conn: &mut $connection, application: &str) -> QueryResult<Vec<String>> {
                let of_it = keysets::table.filter(keysets::application.eq(application));
                of_it.select(keysets::tenant).order(keysets::tenant).load(conn).await
            }

            pub(super) async fn replace(
                conn: &mut $connection,
                expected: Option<u64>,
                next: &Keyset,
                announce: bool,
            ) -> Result<(), Failed> {
                let (key_rows, slot_rows) = rows_of(next);
                conn.transaction(async |conn| {
                    let header = (
                        keysets::application.eq(&next.application),
                        keysets::tenant.eq(&next.tenant),
                        keysets::generation.eq(bigint(next.generation)),
                        keysets::mac.eq(&next.mac),
                    );
                    let mine = keysets::table.find((&next.application, &next.tenant));
                    let changed = match expected {
                        None => insert_into(keysets::table).values(header).execute(conn).await?,
                        Some(generation) => {
                            let as_expected = mine.filter(keysets::generation.eq(bigint(generation)));
                            update(as_expected).set(header).execute(conn).await?
                        }
                    };
                    if changed != 1 {
                        return Err(Failed::Conflict);
                    }
                    let of_mine = slots::application.eq(&next.application).and(slots::tenant.eq(&next.tenant));
                    delete(slots::table.filter(of_mine)).execute(conn).await?;
                    let of_mine = keys::application.eq(&next.application).and(keys::tenant.eq(&next.tenant));
                    delete(keys::table.filter(of_mine)).execute(conn).await?;
                    for row in key_rows {
                        insert_into(keys::table).values(row).execute(conn).await?;
                    }
                    for row in slot_rows {
                        insert_into(slots::table).values(row).execute(conn).await?;
                    }
                    if announce {
                        let notify = diesel::sql_query("SELECT pg_notify('encrypted_fields_keys', $1)");
                        let notify = notify.bind::<diesel::sql_types::Text, _>(&next.application);
                        notify.execute(conn).await?;
                    }
                    Ok(())
                })
                .await
            }

            pub(super) async fn counter(
                conn: &mut $connection,
                application: &str,
                tenant: &str,
                key_id: u32,
            ) -> QueryResult<Option<(i64, Vec<u8>)>> {
                let it = counters::table.find((application, tenant, i64::from(key_id)));
                it.select((counters::seals, counters::mac)).first(conn).await.optional()
            }

            pub(super) async fn replace_counter(
                conn: &mut $connection,
                application: &str,
                tenant: &str,
                expected: Option<u64>,
                next: &Counter,
            ) -> Result<(), Failed> {
                let key_id = i64::from(next.key_id);
                let values = (counters::seals.eq(bigint(next.seals)), counters::mac.eq(&next.mac));
                let changed = match expected {
                    None => {
                        let of = (
                            counters::application.eq(application),
                            counters::tenant.eq(tenant),
                            counters::key_id.eq(key_id),
                        );
                        insert_into(counters::table).values((of, values)).execute(conn).await?
                    }
                    Some(seals) => {
                        let it = counters::table.find((application, tenant, key_id));
                        update(it.filter(counters::seals.eq(bigint(seals)))).set(values).execute(conn).await?
                    }
                };
                if changed == 1 { Ok(()) } else { Err(Failed::Conflict) }
            }
        }
    };
}
#[cfg(feature = "postgres")]
statements!(postgres, diesel_async::AsyncPgConnection);
#[cfg(feature = "sqlite")]
statements!(sqlite, diesel_async::sync_connection_wrapper::SyncConnectionWrapper<SqliteConnection>);
