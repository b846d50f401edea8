//! `Keyring::prove` opens one value of every column before a program writes its first: whatever the row is bound to,
//! whatever the storage, on every backend and connection.

mod bindings;
mod refusals;

use diesel::prelude::*;
use encrypted_fields::prove::Proof;
use encrypted_fields::{EncryptedModel, ScopeId, scope, testing};

use crate::models::on_every_backend;

mod shop {
    use super::*;

    diesel::table! {
        use diesel::sql_types::*;
        use encrypted_fields::sql_types::*;
        // Both are words of SQL.
        #[sql_name = "order"]
        orders (id) {
            id -> BigInt,
            #[sql_name = "user"]
            tenant -> Text,
            total -> Encrypted<Numeric>,
            note -> Nullable<EncryptedText<Text>>,
            hint -> EncryptedText<Jsonb, Unbound>,
        }
    }

    pub(super) const TABLE: &str = r#"CREATE TABLE "order" (id BIGINT PRIMARY KEY, "user" TEXT NOT NULL,
        total enc_numeric NOT NULL, note enc_text_text, hint enc_jsonb_text_unbound NOT NULL)"#;

    #[derive(Debug, EncryptedModel)]
    #[diesel(table_name = orders)]
    #[encrypted(key = tenant)]
    pub(super) struct Order {
        pub(super) id: i64,
        pub(super) tenant: String,
        #[encrypted]
        pub(super) total: i64,
        #[encrypted]
        pub(super) note: Option<String>,
        #[encrypted]
        pub(super) hint: serde_json::Value,
    }

    impl Order {
        pub(super) fn sample(tenant: &str) -> Self {
            Self { id: 1, tenant: tenant.into(), total: 5, note: None, hint: serde_json::json!({}) }
        }
    }
}
use shop::{Order, orders};

const TENANT: &str = "tenant \"7\" è l'unico";

on_every_backend! {
    fn under_the_key_of_the_row(conn, _keyring, shop::TABLE) {
        let keyring = &testing::keyring().with_scoped(ScopeId::from(TENANT), testing::keyring());
        let empty = [("order.total", Proof::Empty), ("order.note", Proof::Empty), ("order.hint", Proof::Empty)];
        assert_eq!(keyring.prove(conn, &[Order::model()]).unwrap(), empty.map(|(column, proof)| (column.to_owned(), proof)));
        scope::with(keyring, || diesel::insert_into(orders::table).values(&Order::sample(TENANT)).execute(conn)).unwrap();
        let found = [("order.total", Proof::Opened), ("order.note", Proof::Empty), ("order.hint", Proof::Opened)];
        assert_eq!(keyring.prove(conn, &[Order::model()]).unwrap(), found.map(|(column, proof)| (column.to_owned(), proof)));

        let without = testing::keyring().prove(conn, &[Order::model()]).unwrap_err().to_string();
        assert!(without.contains("cannot open order.total [id=1]"), "{without}");
        assert!(without.contains("key scope"), "{without}");
    }
}

mod branch {
    use encrypted_fields::EncryptedModel;

    diesel::table! {
        use diesel::sql_types::*;
        use encrypted_fields::sql_types::*;
        branch.tills (id) {
            id -> Uuid,
            total -> Encrypted<Numeric>,
        }
    }

    #[derive(EncryptedModel)]
    #[diesel(table_name = tills)]
    pub(super) struct Till {
        pub(super) id: uuid::Uuid,
        #[encrypted]
        pub(super) total: i64,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_schema_and_over_an_async_connection() {
    let database = crate::harness::pg();
    let tables = "CREATE SCHEMA branch CREATE TABLE tills (id UUID PRIMARY KEY, total public.enc_numeric NOT NULL)";
    diesel::connection::SimpleConnection::batch_execute(&mut database.connect(), tables).unwrap();
    let (keyring, wrong) = (testing::keyring(), testing::keyring());
    let conn = &mut database.async_connect().await;
    let models = [branch::Till::model()];

    let found = keyring.prove_async(conn, &models).await.unwrap();
    assert_eq!(found, [("branch.tills.total".to_owned(), Proof::Empty)]);
    let till = branch::Till { id: uuid::Uuid::new_v4(), total: 5 };
    let insert = diesel::insert_into(branch::tills::table);
    scope::task(keyring.clone(), async { diesel_async::RunQueryDsl::execute(insert.values(&till), conn).await })
        .await
        .unwrap();
    let found = keyring.prove_async(conn, &models).await.unwrap();
    assert_eq!(found, [("branch.tills.total".to_owned(), Proof::Opened)]);
    assert_eq!(keyring.prove(&mut database.connect(), &models).unwrap(), found);

    let refused = wrong.prove_async(conn, &models).await.unwrap_err().to_string();
    assert!(refused.contains(&format!("cannot open branch.tills.total [id={}]", till.id)), "{refused}");
    assert!(refused.contains(&keyring.primary_id().to_string()), "{refused}");
}
