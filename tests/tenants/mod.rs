//! `key = column`: each tenant's rows are sealed under keys of its own, whoever runs the statement.

mod look_up;
mod other_types;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::result::Error;
use diesel::{insert_into, update};
use encrypted_fields::error::{OpenReason, SealReason};
use encrypted_fields::{
    Algorithm, DataKey, EncryptedModel, IndexKey, Keyring, OpenError, SealError, SealedOf, scope, testing,
};
use rust_decimal::Decimal;

use crate::harness;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    customers (id) {
        id -> BigInt,
        tenant_id -> BigInt,
        email -> Encrypted<Text>,
        email_bidx -> Binary,
        balance -> Encrypted<Numeric>,
        hint -> Encrypted<Text, Unbound>,
    }
}

const POSTGRES: &str = "CREATE TABLE customers (
    id BIGINT PRIMARY KEY, tenant_id BIGINT NOT NULL, email enc_text NOT NULL, email_bidx BYTEA NOT NULL,
    balance enc_numeric NOT NULL, hint enc_text_unbound NOT NULL)";
const SQLITE: &str = "CREATE TABLE customers (
    id BIGINT PRIMARY KEY, tenant_id BIGINT NOT NULL, email BLOB NOT NULL, email_bidx BLOB NOT NULL,
    balance BLOB NOT NULL, hint BLOB NOT NULL)";

#[derive(Debug, Clone, PartialEq, Identifiable, EncryptedModel)]
#[encrypted(key = tenant_id, sealed(derive(Debug, PartialEq)))]
struct Customer {
    id: i64,
    tenant_id: i64,
    #[encrypted(index(email_bidx, normalize = lower))]
    email: String,
    #[encrypted]
    balance: Decimal,
    #[encrypted]
    hint: String,
}

fn customer(id: i64, tenant_id: i64) -> Customer {
    let (email, hint) = (format!("c{id}@example.com"), format!("hint {id}"));
    Customer { id, tenant_id, email, balance: Decimal::from(id), hint }
}

fn open_reason(error: Error) -> OpenReason {
    let Error::DeserializationError(error) = error else { panic!("{error:?}") };
    error.downcast_ref::<OpenError>().expect("an OpenError").reason().clone()
}

fn seal_reason(error: Error) -> SealReason {
    let Error::SerializationError(error) = error else { panic!("{error:?}") };
    error.downcast_ref::<SealError>().expect("a SealError").reason().clone()
}

macro_rules! on_both {
    ($(fn $name:ident($conn:ident) $body:block)*) => {$(
        mod $name {
            use super::*;

            #[test]
            fn on_postgres() {
                let database = harness::pg();
                let $conn = &mut database.connect();
                $conn.batch_execute(POSTGRES).unwrap();
                $body
            }

            #[test]
            fn on_sqlite() {
                let database = harness::sqlite();
                let $conn = &mut database.connect();
                $conn.batch_execute(SQLITE).unwrap();
                $body
            }
        }
    )*};
}
use on_both;

on_both! {
    fn rows_open_under_their_own_tenants_keys_only(conn) {
        let (application, one, two) = (testing::keyring(), testing::keyring(), testing::keyring());
        let both = application.clone().with_scoped(1_i64, one.clone()).with_scoped(2_i64, two.clone());
        let all = vec![customer(1, 1), customer(2, 2), customer(3, 1)];
        scope::with(&both, || {
            insert_into(customers::table).values(&all).execute(conn).unwrap();
            assert_eq!(customers::table.order(customers::id).load::<Customer>(conn).unwrap(), all);
        });
        for row in customers::table.load::<SealedCustomer>(conn).unwrap() {
            let keys = if row.tenant_id == 1 { &one } else { &two };
            for sealed in [row.email.stored(), row.balance.stored(), row.hint.stored()] {
                assert_eq!(sealed.unwrap()[1..5], keys.primary_id().to_be_bytes());
            }
        }
        let of = |tenant: i64| customers::table.filter(customers::tenant_id.eq(tenant)).order(customers::id);
        scope::with(&application.clone().with_scoped(1_i64, one.clone()), || {
            assert_eq!(of(1).load::<Customer>(conn).unwrap(), [customer(1, 1), customer(3, 1)]);
            assert_eq!(open_reason(of(2).load::<Customer>(conn).unwrap_err()), OpenReason::UnknownScope);
        });
        scope::with(&application.clone().with_scoped(1_i64, two.clone()).with_scoped(2_i64, one.clone()), || {
            let reason = open_reason(of(1).load::<Customer>(conn).unwrap_err());
            assert_eq!(reason, OpenReason::UnknownKey { key_id: one.primary_id() });
        });
        scope::with(&application, || {
            assert_eq!(open_reason(of(1).load::<Customer>(conn).unwrap_err()), OpenReason::UnknownScope);
        });
    }

    fn a_tenant_without_keys_is_not_written(conn) {
        scope::with(&testing::keyring().with_scoped(1_i64, testing::keyring()), || {
            let error = insert_into(customers::table).values(&customer(1, 9)).execute(conn).unwrap_err();
            assert_eq!(seal_reason(error), SealReason::UnknownScope);
            let batch = vec![customer(1, 1), customer(2, 9)];
            let error = insert_into(customers::table).values(&batch).execute(conn).unwrap_err();
            assert_eq!(seal_reason(error), SealReason::UnknownScope);
            assert_eq!(customers::table.count().get_result(conn), Ok(0));

            insert_into(customers::table).values(&customer(1, 1)).execute(conn).unwrap();
            let row = CustomerRow { id: 1, tenant_id: 9 };
            let set = update(customers::table.find(1)).set(row.set_balance(&Decimal::ONE));
            assert_eq!(seal_reason(set.execute(conn).unwrap_err()), SealReason::UnknownScope);
        });
    }

    fn a_row_moved_to_another_tenant_does_not_open(conn) {
        let keyring = testing::keyring().with_scoped(1_i64, testing::keyring()).with_scoped(2_i64, testing::keyring());
        scope::with(&keyring, || {
            insert_into(customers::table).values(&customer(1, 1)).execute(conn).unwrap();
            update(customers::table).set(customers::tenant_id.eq(2)).execute(conn).unwrap();
            let reason = open_reason(customers::table.load::<Customer>(conn).unwrap_err());
            assert!(matches!(reason, OpenReason::UnknownKey { .. }), "{reason:?}");
        });
    }

    fn tenants_that_share_a_key_still_cannot_exchange_rows(conn) {
        let shared = testing::keyring();
        let keyring = testing::keyring().with_scoped(1_i64, shared.clone()).with_scoped(2_i64, shared);
        scope::with(&keyring, || {
            insert_into(customers::table).values(&customer(1, 1)).execute(conn).unwrap();
            update(customers::table).set(customers::tenant_id.eq(2)).execute(conn).unwrap();
            let reason = open_reason(customers::table.load::<Customer>(conn).unwrap_err());
            assert!(matches!(reason, OpenReason::Authentication { .. }), "{reason:?}");

            let hint: SealedOf<customers::hint> = customers::table.select(customers::hint).first(conn).unwrap();
            let error = CustomerRow { id: 1, tenant_id: 2 }.open_hint(&hint).unwrap_err();
            assert!(matches!(error.reason(), OpenReason::Authentication { .. }), "unbound, but of its tenant: {error}");
            assert_eq!(CustomerRow { id: 5, tenant_id: 1 }.open_hint(&hint).unwrap(), "hint 1");
        });
    }

    fn the_guard_demands_the_tenant(conn) {
        let keyring = testing::keyring().with_scoped(1_i64, testing::keyring()).with_scoped(2_i64, testing::keyring());
        scope::with(&keyring, || {
            insert_into(customers::table).values(&customer(1, 1)).execute(conn).unwrap();
            let stale = Customer { tenant_id: 2, ..customer(1, 1) };
            assert!(encrypted_fields::write_conflict(&stale.save_changes::<Customer>(conn).unwrap_err()));
            let set = CustomerRow { id: 1, tenant_id: 2 }.set_hint("unbound");
            let error = update(customers::table.find(1)).set(set).execute(conn).unwrap_err();
            assert!(encrypted_fields::write_conflict(&error), "{error}");
            let set = CustomerRow { id: 1, tenant_id: 1 }.set_hint("unbound");
            update(customers::table.find(1)).set(set).execute(conn).unwrap();
            assert_eq!(customers::table.first::<Customer>(conn).unwrap().hint, "unbound");
        });
    }

    fn one_tenants_rotation_is_its_own(conn) {
        let key = || DataKey::generate(Algorithm::Aes256Gcm).unwrap();
        let one = Keyring::builder("one").primary(key()).index_key(IndexKey::generate().unwrap()).build().unwrap();
        let (application, two) = (testing::keyring(), testing::keyring());
        let before = application.clone().with_scoped(1_i64, one.clone()).with_scoped(2_i64, two.clone());
        let all = vec![customer(1, 1), customer(2, 2)];
        scope::with(&before, || insert_into(customers::table).values(&all).execute(conn)).unwrap();

        let rotated = one.to_builder().rotate_to(key()).build().unwrap();
        let after = application.with_scoped(1_i64, rotated.clone()).with_scoped(2_i64, two);
        scope::with(&after, || {
            assert_eq!(customers::table.order(customers::id).load::<Customer>(conn).unwrap(), all);
            let found = Customer::query().filter(Customer::email_eq(&1, "c1@example.com")).first(conn).unwrap();
            assert_eq!(found.save_changes::<Customer>(conn).unwrap(), found);
            let sealed: SealedCustomer = customers::table.find(1).first(conn).unwrap();
            assert_eq!(sealed.balance.stored().unwrap()[1..5], rotated.primary_id().to_be_bytes());
        });
    }
}
