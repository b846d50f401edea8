//! Tenants: a keyring each, chosen by the row's column or by scope, and never another's.

use std::time::Duration;

use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection as _};
use encrypted_fields::error::{NoKeyring, OpenReason, SealReason};
use encrypted_fields::{Algorithm, EncryptedModel, Keyring, current_keyring, scope};
use encrypted_fields_keys::{KeyManager, KeysError, Purpose, Tenants};

use crate::harness;
use crate::support::{AnyStore, kek, manager, primary, until};

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    invoices (id) {
        id -> BigInt,
        tenant_id -> BigInt,
        total -> Encrypted<BigInt>,
    }
}

#[derive(Debug, Clone, PartialEq, Identifiable, EncryptedModel)]
#[encrypted(key = tenant_id, sealed(derive(Debug, Clone)))]
struct Invoice {
    id: i64,
    tenant_id: i64,
    #[encrypted]
    total: i64,
}

/// The same table without a key column: the tenant is the request's scope.
#[derive(Debug, Clone, PartialEq, Identifiable, EncryptedModel)]
#[diesel(table_name = invoices)]
struct Scoped {
    id: i64,
    tenant_id: i64,
    #[encrypted]
    total: i64,
}

const NAMES: [(&str, i64); 2] = [("acme", 7), ("globex", 8)];

async fn tenants(store: &AnyStore) -> (KeyManager, Tenants, Keyring) {
    let keys = manager(store, [kek("one")]);
    primary(&keys, Purpose::Data, Algorithm::Aes256Gcm).await;
    let tenants = Tenants::new(manager(store, [kek("one")])).refresh_every(Duration::from_millis(20));
    for (name, id) in NAMES {
        primary(&keys.for_tenant(name), Purpose::Data, Algorithm::Aes256Gcm).await;
        tenants.add(name, id).await.unwrap();
    }
    let keyring = keys.keyring().await.unwrap().to_builder().scoped_elsewhere(tenants.scoped()).build().unwrap();
    (keys, tenants, keyring)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenants_key_never_opens_anothers_row() {
    let store = AnyStore::postgres();
    let (keys, tenants, keyring) = tenants(&store).await;
    assert_eq!(keys.tenants().await.unwrap(), ["", "acme", "globex"]);
    let invoice = |tenant_id| Invoice { id: 1, tenant_id, total: 1250 };
    let sealed = invoice(7).seal(&keyring).unwrap();
    assert_eq!(sealed.clone().open(&keyring).unwrap(), invoice(7));
    // The row is said to be another's: neither that tenant's key nor the context opens it.
    let mut moved = sealed.clone();
    moved.tenant_id = 8;
    let reason = moved.clone().open(&keyring).unwrap_err();
    assert!(matches!(reason.reason(), OpenReason::UnknownKey { .. }), "{reason}");
    let both = keyring.clone().with_scoped(8_i64, tenants.keyring("acme").await.unwrap());
    let reason = moved.open(&both).unwrap_err();
    assert!(matches!(reason.reason(), OpenReason::Authentication { .. }), "{reason}");
    // A tenant that was not loaded, and one that has no keys.
    assert_eq!(invoice(9).seal(&keyring).unwrap_err().reason(), &SealReason::NotLoaded);
    let error = tenants.add("initech", 9_i64).await.unwrap_err();
    assert!(matches!(error, KeysError::NoKeyset { ref tenant, .. } if tenant == "initech"), "{error}");
    tenants.unload("acme");
    assert_eq!(sealed.open(&keyring).unwrap_err().reason(), &OpenReason::NotLoaded);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenants_new_key_is_learned_and_is_nobody_elses() {
    let store = AnyStore::sqlite();
    let (keys, tenants, keyring) = tenants(&store).await;
    let old = Invoice { id: 1, tenant_id: 7, total: 5 }.seal(&keyring).unwrap();
    let globex = tenants.keyring("globex").await.unwrap().primary_id();
    let new = primary(&keys.for_tenant("acme"), Purpose::Data, Algorithm::Aes256Gcm).await;
    until("acme's new key", async || tenants.keyring("acme").await.unwrap().primary_id() == new).await;
    assert_eq!(old.open(&keyring).unwrap().total, 5, "the keyring asks for the newest snapshot");
    assert_eq!(tenants.keyring("globex").await.unwrap().primary_id(), globex);
    assert!(tenants.health("acme").unwrap().is_well());
}

#[tokio::test(flavor = "multi_thread")]
async fn keysets_of_tenants_do_not_stand_in_for_each_other() {
    let store = AnyStore::sqlite();
    tenants(&store).await;
    store.tamper(
        "PRAGMA foreign_keys = OFF;
        UPDATE encrypted_fields_keysets SET tenant = 'x' WHERE tenant = 'acme';
        UPDATE encrypted_fields_keys SET tenant = 'x' WHERE tenant = 'acme';
        UPDATE encrypted_fields_key_slots SET tenant = 'x' WHERE tenant = 'acme'",
    );
    let error = manager(&store, [kek("one")]).for_tenant("x").keyset().await.unwrap_err();
    assert!(matches!(error, KeysError::Locked { .. }), "acme's root is wrapped for acme: {error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_holds_across_awaits_and_pools_and_is_not_lost_silently_in_a_spawn() {
    let store = AnyStore::postgres();
    let (_, tenants, _) = tenants(&store).await;
    let database = harness::pg();
    let conn = &mut AsyncPgConnection::establish(&database.url()).await.unwrap();
    conn.batch_execute(
        "CREATE TABLE invoices (id BIGINT PRIMARY KEY, tenant_id BIGINT NOT NULL, total enc_bigint NOT NULL)",
    )
    .await
    .unwrap();
    let manager =
        diesel_async::pooled_connection::AsyncDieselConnectionManager::<AsyncPgConnection>::new(database.url());
    let pool = diesel_async::pooled_connection::deadpool::Pool::builder(manager).max_size(2).build().unwrap();

    // Both at once, on the same pool and threads, each with awaits between its statements.
    let request = async |name: &'static str,
                         tenant_id: i64,
                         pool: diesel_async::pooled_connection::deadpool::Pool<AsyncPgConnection>| {
        let keyring = tenants.keyring(name).await.unwrap();
        let id = keyring.primary_id();
        scope::task(keyring, async move {
            for at in 0..50 {
                let row = Scoped { id: tenant_id * 100 + at, tenant_id, total: at };
                let conn = &mut pool.get().await.unwrap();
                diesel::insert_into(invoices::table).values(&row).execute(conn).await.unwrap();
                tokio::task::yield_now().await;
                let found: Scoped = invoices::table.find(row.id).select(Scoped::as_select()).first(conn).await.unwrap();
                assert_eq!(found, row);
                assert_eq!(current_keyring().unwrap().primary_id(), id);
            }
            // Lost in a spawn: an error, and never the default or another tenant's.
            let lost = tokio::spawn(async { current_keyring().map(|_| ()) }).await.unwrap();
            assert_eq!(lost.unwrap_err(), NoKeyring::ScopeLost);
        })
        .await;
    };
    tokio::join!(request("acme", 7, pool.clone()), request("globex", 8, pool.clone()));

    // Each opens its own rows and none of the other's.
    for (name, own, other) in [("acme", 7, 8), ("globex", 8, 7)] {
        let conn = &mut pool.get().await.unwrap();
        let load = async |conn: &mut AsyncPgConnection, tenant: i64| {
            invoices::table
                .filter(invoices::tenant_id.eq(tenant))
                .select(Scoped::as_select())
                .load::<Scoped>(conn)
                .await
        };
        let keyring = tenants.keyring(name).await.unwrap();
        scope::task(keyring, async {
            assert_eq!(load(conn, own).await.unwrap().len(), 50);
            let error = load(conn, other).await.unwrap_err();
            assert!(error.to_string().contains("which this keyring does not hold"), "{error}");
        })
        .await;
    }
}
