//! A tenant named by a text, or by a UUID.

use super::*;
use uuid::Uuid;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    by_name (id) {
        id -> BigInt,
        tenant -> Text,
        email -> Encrypted<Text>,
        email_bidx -> Nullable<Binary>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    by_uuid (id) {
        id -> BigInt,
        tenant -> Uuid,
        email -> Encrypted<Text>,
    }
}

#[derive(Debug, PartialEq, EncryptedModel)]
#[diesel(table_name = by_name)]
#[encrypted(key = tenant)]
struct ByName {
    id: i64,
    tenant: String,
    #[encrypted(index = email_bidx)]
    email: String,
}

#[derive(Debug, PartialEq, EncryptedModel)]
#[diesel(table_name = by_uuid)]
#[encrypted(bind(id, tenant), key = tenant)]
struct ByUuid {
    id: i64,
    tenant: Uuid,
    #[encrypted]
    email: String,
}

#[test]
fn a_text() {
    let database = harness::sqlite();
    let conn = &mut database.connect();
    conn.batch_execute("CREATE TABLE by_name (id BIGINT PRIMARY KEY, tenant TEXT, email BLOB, email_bidx BLOB)")
        .unwrap();
    let keyring = testing::keyring().with_scoped("acme", testing::keyring());
    scope::with(&keyring, || {
        let acme = ByName { id: 1, tenant: "acme".to_owned(), email: "a@b.c".to_owned() };
        insert_into(by_name::table).values(&acme).execute(conn).unwrap();
        assert_eq!(ByName::query().filter(ByName::email_eq("acme", "a@b.c")).first(conn).unwrap(), acme);
        let other = ByName { id: 2, tenant: "Acme".to_owned(), email: "a@b.c".to_owned() };
        let error = insert_into(by_name::table).values(&other).execute(conn).unwrap_err();
        assert_eq!(seal_reason(error), SealReason::UnknownScope);
    });
}

#[test]
fn a_uuid_that_is_bound_as_well() {
    let database = harness::pg();
    let conn = &mut database.connect();
    conn.batch_execute("CREATE TABLE by_uuid (id BIGINT PRIMARY KEY, tenant UUID, email BYTEA)").unwrap();
    let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let keyring = testing::keyring().with_scoped(one, testing::keyring()).with_scoped(two, testing::keyring());
    scope::with(&keyring, || {
        let row = ByUuid { id: 1, tenant: one, email: "a@b.c".to_owned() };
        insert_into(by_uuid::table).values(&row).execute(conn).unwrap();
        assert_eq!(by_uuid::table.first::<ByUuid>(conn).unwrap(), row);
        let set = ByUuidRow { id: 1, tenant: two }.set_email("x");
        let error = update(by_uuid::table).set(set).execute(conn).unwrap_err();
        assert!(encrypted_fields::write_conflict(&error), "{error}");
        update(by_uuid::table).set(by_uuid::tenant.eq(two)).execute(conn).unwrap();
        by_uuid::table.first::<ByUuid>(conn).unwrap_err();
    });
}
