//! The explicit mode: `seal` and `open` with a keyring in hand, and nothing in scope.

use super::*;
use encrypted_fields::error::OpenReason;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    secrets (id) {
        id -> BigInt,
        name -> Text,
        value -> EncryptedText<Text>,
        value_bidx -> Binary,
        extra -> Nullable<Encrypted<BigInt>>,
    }
}

const SQL: &str = "CREATE TABLE secrets (
    id BIGINT PRIMARY KEY, name TEXT NOT NULL, value TEXT NOT NULL, value_bidx BLOB NOT NULL, extra BLOB)";

#[derive(Debug, Clone, PartialEq, EncryptedModel)]
#[encrypted(sealed(derive(Debug, Clone, PartialEq)))]
struct Secret {
    id: i64,
    name: String,
    #[encrypted(index = value_bidx)]
    value: String,
    #[encrypted]
    extra: Option<i64>,
}

fn secret(id: i64) -> Secret {
    Secret { id, name: "n".to_owned(), value: format!("value {id}"), extra: Some(-id) }
}

macro_rules! outside_any_scope {
    ($conn:ident) => {{
        let (keyring, other) = (testing::keyring(), testing::keyring());
        let sealed: Vec<SealedSecret> = (1..=3).map(|id| secret(id).seal(&keyring).unwrap()).collect();
        assert_eq!(insert_into(secrets::table).values(&sealed[0]).execute($conn), Ok(1));
        assert_eq!(insert_into(secrets::table).values(sealed[1].clone()).execute($conn), Ok(1));
        let back: SealedSecret = insert_into(secrets::table)
            .values(&sealed[2])
            .returning(SealedSecret::as_returning())
            .get_result($conn)
            .unwrap();
        assert_eq!(back, sealed[2]);
        assert_eq!(secrets::table.order(secrets::id).load::<SealedSecret>($conn).unwrap(), sealed);
        for (row, id) in SealedSecret::query().order(secrets::id).load($conn).unwrap().into_iter().zip(1..) {
            assert_eq!(row.clone().open(&keyring).unwrap(), secret(id));
            let error = row.open(&other).unwrap_err();
            assert!(matches!(error.reason(), OpenReason::UnknownKey { .. }), "{error}");
        }
        let changed = Secret { extra: None, ..secret(1) }.seal(&keyring).unwrap();
        let upsert = insert_into(secrets::table).values(&changed).on_conflict(secrets::id).do_update();
        upsert.set(secrets::extra.eq(&changed.extra)).execute($conn).unwrap();
        let row: SealedSecret = secrets::table.find(1).first($conn).unwrap();
        assert_eq!(row.open(&keyring).unwrap().extra, None);
    }};
}

#[test]
fn needs_no_scope() {
    let database = harness::pg();
    let conn = &mut database.connect();
    conn.batch_execute(&SQL.replace("BLOB", "BYTEA")).unwrap();
    outside_any_scope!(conn);
    let database = harness::sqlite();
    let conn = &mut database.connect();
    conn.batch_execute(SQL).unwrap();
    outside_any_scope!(conn);
}

#[test]
fn the_keyring_in_hand_comes_before_the_one_in_scope() {
    let (in_hand, in_scope) = (testing::keyring(), testing::keyring());
    scope::with(&in_scope, || {
        let sealed = secret(1).seal(&in_hand).unwrap();
        assert_eq!(sealed.clone().open(&in_hand).unwrap(), secret(1));
        sealed.open(&in_scope).unwrap_err();
    });
}

#[test]
fn one_value_that_does_not_open_leaves_the_others_readable() {
    on_both!(SQL, |conn| {
        insert_into(secrets::table).values(&secret(1)).execute(conn).unwrap();
        conn.batch_execute("UPDATE secrets SET value = 'AQAA'").unwrap();
        secrets::table.first::<Secret>(conn).unwrap_err();
        let sealed: SealedSecret = secrets::table.first(conn).unwrap();
        sealed.row().open_value(&sealed.value).unwrap_err();
        assert_eq!(sealed.row().open_extra(&sealed.extra).unwrap(), Some(-1));
        let error = sealed.open(&encrypted_fields::current_keyring().unwrap()).unwrap_err();
        assert_eq!(error.place().unwrap().to_string(), "secrets.value [id=1]");
    });
}
