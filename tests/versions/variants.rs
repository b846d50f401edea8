//! Counters beside the other attributes.

use super::*;
use diesel::{insert_into, update};

/// Bound to the primary key, sealed under the keys of its owner, and `None` is NULL in a changeset.
mod with_a_key_column {
    use super::*;

    diesel::table! {
        use diesel::sql_types::*;
        use encrypted_fields::sql_types::*;
        notes (id) {
            id -> BigInt,
            tenant -> BigInt,
            body -> Nullable<Encrypted<Text>>,
            #[sql_name = "bodyVersion"]
            body_version -> BigInt,
        }
    }

    #[derive(Debug, Clone, PartialEq, Identifiable, EncryptedModel)]
    #[diesel(treat_none_as_null = true)]
    #[encrypted(key = tenant)]
    pub struct Note {
        id: i64,
        tenant: i64,
        #[encrypted(version = counter)]
        body: Option<String>,
        #[diesel(column_name = body_version)]
        counter: Version,
    }

    #[test]
    fn on_every_backend() {
        let keyring = testing::keyring().with_scoped(7_i64, testing::keyring()).with_scoped(8_i64, testing::keyring());
        let (postgres, mysql, sqlite) = (harness::pg(), harness::mysql(), harness::sqlite());
        macro_rules! run {
            ($conn:expr, $bytes:literal, $version:literal) => {{
                let conn = &mut $conn;
                conn.batch_execute(concat!(
                    "CREATE TABLE notes (id BIGINT PRIMARY KEY, tenant BIGINT NOT NULL, body ",
                    $bytes,
                    ", ",
                    $version,
                    " BIGINT NOT NULL)"
                ))
                .unwrap();
                scope::with(&keyring, || {
                    let note = Note { id: 1, tenant: 7, body: Some("a".to_owned()), counter: Version::new() };
                    insert_into(notes::table).values(&note).execute(conn).unwrap();
                    let gone: Note = Note { body: None, ..note.clone() }.save_changes(conn).unwrap();
                    assert_eq!(gone, Note { body: None, counter: note.counter.next(), ..note.clone() });
                    let late = note.save_changes::<Note>(conn).unwrap_err();
                    assert!(encrypted_fields::write_conflict(&late), "{late:?}");
                    let elsewhere = update(notes::table.find(1)).set(Note { tenant: 8, ..gone.clone() });
                    let elsewhere = elsewhere.execute(conn).unwrap_err();
                    assert!(encrypted_fields::write_conflict(&elsewhere), "{elsewhere:?}");
                    let back: Note = Note { body: Some("b".to_owned()), ..gone }.save_changes(conn).unwrap();
                    assert_eq!(back.body.as_deref(), Some("b"));
                });
            }};
        }
        run!(postgres.connect(), "BYTEA", "\"bodyVersion\"");
        run!(mysql.connect(), "BLOB", "bodyVersion");
        run!(sqlite.connect(), "BLOB", "\"bodyVersion\"");
    }
}

/// A model that is only inserted, and one that is only read.
mod halves {
    use super::*;

    #[derive(EncryptedModel)]
    #[diesel(table_name = wallets)]
    #[encrypted(bind(id, owner_id), only(Insertable))]
    struct NewWallet<'a> {
        id: i64,
        owner_id: i64,
        slug: &'a str,
        #[encrypted(version = balance_version)]
        balance: Decimal,
        balance_version: Version,
        note_version: Version,
        #[encrypted]
        hint: &'a str,
        label: &'a str,
    }

    #[derive(EncryptedModel)]
    #[diesel(table_name = wallets)]
    #[encrypted(bind(id, owner_id), only(Queryable, Selectable))]
    struct Balance {
        id: i64,
        owner_id: i64,
        #[encrypted(version = balance_version)]
        balance: Decimal,
        balance_version: Version,
    }

    #[test]
    fn go_together() {
        on_postgres(|conn| {
            let new = NewWallet {
                id: 1,
                owner_id: 7,
                slug: "s",
                balance: Decimal::TEN,
                balance_version: Version::new(),
                note_version: Version::new(),
                hint: "h",
                label: "l",
            };
            insert_into(wallets::table).values(&new).execute(conn).unwrap();
            let read: Balance = wallets::table.select(Balance::as_select()).first(conn).unwrap();
            assert_eq!((read.id, read.owner_id, read.balance), (1, 7, Decimal::TEN));
            assert_eq!(read.balance_version, new.balance_version);
        });
    }
}
