//! Models that are odd but legal: names that the expansion might use itself, shadowed modules, a model inside a function,
//! private types, strict lints.

#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub, unsafe_code, unused_qualifications)]
#![deny(rust_2018_idioms, private_interfaces, private_bounds, non_local_definitions, let_underscore_drop)]
#![deny(clippy::all, clippy::pedantic)]
#![allow(clippy::too_many_lines, clippy::items_after_statements)]

use diesel::prelude::*;
use encrypted_fields::{EncryptedModel, scope, testing};

use crate::harness::sqlite;

fn with_table<R>(sql: &str, run: impl FnOnce(&mut SqliteConnection) -> R) -> R {
    let db = sqlite();
    let conn = &mut db.connect();
    diesel::sql_query(sql).execute(conn).unwrap();
    scope::with(&testing::keyring(), || run(conn))
}

/// Fields that are named as the expansion might name its own.
mod names {
    use super::{EncryptedModel, Insertable, OptionalExtension, QueryDsl, QueryableByName, RunQueryDsl, with_table};
    use diesel::{ExpressionMethods, HasQuery, SaveChangesDsl};

    diesel::table! {
        use diesel::sql_types::*;
        use encrypted_fields::sql_types::*;
        odds (value) {
            value -> BigInt,
            values -> BigInt,
            row -> Encrypted<Text>,
            sealed -> Nullable<Encrypted<Integer>>,
            keyring -> Encrypted<Text>,
            keyring_bidx -> Binary,
            __row -> Encrypted<Text>,
            __value -> Text,
            __bound -> Encrypted<Bool>,
            column -> Nullable<Text>,
            r#type -> Encrypted<Text>,
            r#fn -> Nullable<Binary>,
        }
    }

    #[derive(Debug, Clone, PartialEq, diesel::Identifiable, EncryptedModel)]
    #[diesel(table_name = odds, primary_key(value))]
    #[encrypted(bind(value, values), key = value)]
    struct Odd {
        value: i64,
        values: i64,
        #[encrypted]
        #[diesel(column_name = row)]
        rows: String,
        #[encrypted]
        sealed: Option<i32>,
        #[encrypted(index = keyring_bidx)]
        keyring: String,
        #[encrypted]
        __row: String,
        __value: String,
        #[encrypted]
        __bound: bool,
        column: Option<String>,
        #[encrypted(index(fn, normalize = lower))]
        r#type: String,
    }

    #[test]
    fn any_field_name_is_the_users() {
        let sql = "CREATE TABLE odds (value INTEGER PRIMARY KEY, \"values\" INTEGER NOT NULL, \"row\" BLOB NOT NULL, sealed \
                   BLOB, keyring BLOB NOT NULL, keyring_bidx BLOB NOT NULL, __row BLOB NOT NULL, __value TEXT NOT NULL, \
                   __bound BLOB NOT NULL, \"column\" TEXT, type BLOB NOT NULL, fn BLOB)";
        let odd = Odd {
            value: 1,
            values: 2,
            rows: "row".into(),
            sealed: Some(3),
            keyring: "keyring".into(),
            __row: "__row".into(),
            __value: "plain".into(),
            __bound: true,
            column: None,
            r#type: "Type".into(),
        };
        let tenant = encrypted_fields::testing::keyring();
        let keyring = encrypted_fields::testing::keyring().with_scoped(1_i64, tenant);
        with_table(sql, |conn| {
            encrypted_fields::scope::with(&keyring, || {
                diesel::insert_into(odds::table).values(&odd).execute(conn).unwrap();
                assert_eq!(Odd::query().first(conn).unwrap(), odd);
                let found = Odd::query().filter(Odd::type_eq(&1, "tYPE")).first(conn).optional().unwrap();
                assert_eq!(found.as_ref(), Some(&odd));
                assert_eq!(Odd::query().filter(Odd::keyring_eq_any(&1, ["x", "keyring"])).load(conn).unwrap().len(), 1);
                let none: [&str; 0] = [];
                assert_eq!(Odd::query().filter(Odd::keyring_eq_any(&1, none).eq(false)).load(conn).unwrap().len(), 1);
                assert_eq!(Odd::query().filter(Odd::keyring_eq(&1, "keyring").eq(true)).load(conn).unwrap().len(), 1);
                let row = odd.row();
                diesel::update(odds::table).set((row.set_rows("new"), row.set___row("newer"))).execute(conn).unwrap();
                let mut changed: Odd = Odd::query().first(conn).unwrap();
                assert_eq!((changed.rows.as_str(), changed.__row.as_str()), ("new", "newer"));
                changed.sealed = Some(4);
                assert_eq!(changed.save_changes::<Odd>(conn).unwrap(), changed);
                let by_name: Vec<Odd> = diesel::sql_query("SELECT * FROM odds").load(conn).unwrap();
                assert_eq!(by_name, [changed]);
            });
        });
    }

    /// Diesel's own traits are in scope under their names, beside ours.
    fn _traits_in_scope(odd: Odd) -> impl Insertable<odds::table> {
        fn by_name<T: QueryableByName<diesel::sqlite::Sqlite>>() {}
        by_name::<Odd>();
        odd
    }
}

/// Modules and types of the user that are called as what the expansion names.
mod shadows {
    #![allow(dead_code)]

    pub(super) mod core {}
    pub(super) mod encrypted_fields {}
    pub(super) struct Option;
    pub(super) struct Result;
    pub(super) struct Some;
    pub(super) struct Ok;
    pub(super) struct Err;
    pub(super) struct String;
    pub(super) struct Vec;
    pub(super) trait Clone {}
    pub(super) trait Into {}
    pub(super) fn drop() {}

    ::diesel::table! {
        use diesel::sql_types::*;
        use ::encrypted_fields::sql_types::*;
        shades (id) {
            id -> BigInt,
            email -> Encrypted<Text>,
            email_bidx -> Binary,
            pin -> Nullable<Encrypted<Integer>>,
        }
    }

    #[derive(::encrypted_fields::EncryptedModel)]
    pub(super) struct Shade {
        id: i64,
        #[encrypted(index = email_bidx)]
        email: ::std::string::String,
        #[encrypted]
        pin: ::std::option::Option<i32>,
    }

    #[test]
    fn a_shadowed_prelude_does_not_matter() {
        use ::diesel::{HasQuery as _, QueryDsl as _, RunQueryDsl as _};

        let sql =
            "CREATE TABLE shades (id INTEGER PRIMARY KEY, email BLOB NOT NULL, email_bidx BLOB NOT NULL, pin BLOB)";
        super::with_table(sql, |conn| {
            let shade = Shade { id: 1, email: "a@b.c".into(), pin: ::std::option::Option::None };
            ::diesel::insert_into(shades::table).values(shade).execute(conn).unwrap();
            let back = Shade::query().filter(Shade::email_eq("a@b.c")).first(conn).unwrap();
            assert_eq!((back.id, back.email.as_str(), back.pin), (1, "a@b.c", ::std::option::Option::None));
        });
    }
}

/// The same of `std` itself, which Diesel's derives for reading do not survive.
mod shadowed_std {
    use ::diesel::RunQueryDsl as _;

    #[allow(dead_code)]
    pub(super) mod std {}

    ::diesel::table! {
        use diesel::sql_types::*;
        use ::encrypted_fields::sql_types::*;
        dusks (id) {
            id -> BigInt,
            email -> Encrypted<Text>,
        }
    }

    #[derive(::encrypted_fields::EncryptedModel)]
    #[encrypted(only(Insertable, AsChangeset))]
    struct Dusk {
        id: i64,
        #[encrypted]
        email: String,
    }

    #[test]
    fn a_shadowed_std_does_not_matter() {
        super::with_table("CREATE TABLE dusks (id INTEGER PRIMARY KEY, email BLOB NOT NULL)", |conn| {
            let dusk = Dusk { id: 1, email: "a@b.c".into() };
            ::diesel::insert_into(dusks::table).values(&dusk).execute(conn).unwrap();
            assert_eq!(::diesel::update(dusks::table).set(&dusk).execute(conn), Ok(1));
        });
    }
}

#[test]
fn a_model_may_live_in_a_function() {
    diesel::table! {
        use diesel::sql_types::*;
        use encrypted_fields::sql_types::*;
        notes (id) {
            id -> Text,
            body -> EncryptedText<Text>,
        }
    }

    #[derive(Debug, PartialEq, EncryptedModel)]
    struct Note {
        id: String,
        #[encrypted]
        body: String,
    }

    with_table("CREATE TABLE notes (id TEXT PRIMARY KEY, body TEXT NOT NULL)", |conn| {
        let note = Note { id: "n".into(), body: "b".into() };
        diesel::insert_into(notes::table).values(&note).execute(conn).unwrap();
        assert_eq!(notes::table.load::<Note>(conn).unwrap(), [note]);
    });
}

/// A public model of private parts: nothing of the expansion leaks what the user kept to himself.
pub(crate) mod privacy {
    use super::{EncryptedModel, HasQuery, RunQueryDsl, with_table};
    use diesel::deserialize::FromSqlRow;
    use diesel::expression::AsExpression;
    use encrypted_fields::bound::{Bound, BoundClass, BoundValue};
    use encrypted_fields::codec::{DecodePlain, EncodePlain};
    use encrypted_fields::error::{OpenReason, SealReason};

    diesel::table! {
        use diesel::sql_types::*;
        use encrypted_fields::sql_types::*;
        accounts (id) {
            id -> BigInt,
            secret -> Encrypted<Text>,
            open -> Encrypted<Text>,
        }
    }

    /// An account's id, as public as the model: Diesel has it in its own traits.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    pub struct AccountId(i64);

    #[derive(Debug, Clone, PartialEq)]
    struct Hidden(String);

    /// An account.
    #[derive(Debug, PartialEq, EncryptedModel)]
    pub struct Account {
        id: AccountId,
        #[encrypted]
        secret: Hidden,
        /// What everybody may set.
        #[encrypted]
        pub open: String,
    }

    impl BoundValue<diesel::sql_types::BigInt> for AccountId {
        const CLASS: BoundClass = BoundClass::Integer;

        fn bound(&self) -> Result<Bound<'_>, SealReason> {
            BoundValue::<diesel::sql_types::BigInt>::bound(&self.0)
        }
    }

    impl<DB: diesel::backend::Backend> diesel::serialize::ToSql<diesel::sql_types::BigInt, DB> for AccountId
    where
        i64: diesel::serialize::ToSql<diesel::sql_types::BigInt, DB>,
    {
        fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, DB>) -> diesel::serialize::Result {
            self.0.to_sql(out)
        }
    }

    impl<DB: diesel::backend::Backend> diesel::deserialize::FromSql<diesel::sql_types::BigInt, DB> for AccountId
    where
        i64: diesel::deserialize::FromSql<diesel::sql_types::BigInt, DB>,
    {
        fn from_sql(bytes: DB::RawValue<'_>) -> diesel::deserialize::Result<Self> {
            i64::from_sql(bytes).map(Self)
        }
    }

    impl EncodePlain<diesel::sql_types::Text> for Hidden {
        fn encode(&self, out: &mut Vec<u8>) -> Result<(), SealReason> {
            self.0.encode(out)
        }
    }

    impl DecodePlain<diesel::sql_types::Text> for Hidden {
        fn decode(bytes: &[u8]) -> Result<Self, OpenReason> {
            String::decode(bytes).map(Self)
        }
    }

    #[test]
    fn private_types_stay_private() {
        with_table(
            "CREATE TABLE accounts (id INTEGER PRIMARY KEY, secret BLOB NOT NULL, open BLOB NOT NULL)",
            |conn| {
                let account = Account { id: AccountId(1), secret: Hidden("s".into()), open: "o".into() };
                diesel::insert_into(accounts::table).values(&account).execute(conn).unwrap();
                let set = (account.row().set_open("p"), account.row().set_secret(&Hidden("t".into())));
                diesel::update(accounts::table).set(set).execute(conn).unwrap();
                let changed = Account { secret: Hidden("t".into()), open: "p".into(), ..account };
                assert_eq!(Account::query().load(conn).unwrap(), [changed]);
            },
        );
    }
}

/// `#[sql_name]` orders the columns differently than the fields: the context goes by the database's names.
mod renamed {
    use super::{EncryptedModel, HasQuery, RunQueryDsl, with_table};

    mod before {
        diesel::table! {
            use diesel::sql_types::*;
            use encrypted_fields::sql_types::*;
            items (id) {
                id -> BigInt,
                #[sql_name = "zone"]
                zone -> BigInt,
                name -> Encrypted<Text>,
            }
        }
    }

    mod after {
        diesel::table! {
            use diesel::sql_types::*;
            use encrypted_fields::sql_types::*;
            items (id) {
                id -> BigInt,
                #[sql_name = "zone"]
                area -> BigInt,
                name -> Encrypted<Text>,
            }
        }
    }

    #[derive(EncryptedModel)]
    #[diesel(table_name = before::items)]
    #[encrypted(bind(id, zone), only(Insertable))]
    struct Before {
        id: i64,
        zone: i64,
        #[encrypted]
        name: String,
    }

    #[derive(EncryptedModel)]
    #[diesel(table_name = after::items)]
    #[encrypted(bind(id, area))]
    struct After {
        id: i64,
        area: i64,
        #[encrypted]
        name: String,
    }

    #[test]
    fn a_renamed_rust_column_still_opens() {
        with_table("CREATE TABLE items (id INTEGER PRIMARY KEY, zone INTEGER NOT NULL, name BLOB NOT NULL)", |conn| {
            let before = Before { id: 1, zone: 2, name: "n".into() };
            diesel::insert_into(before::items::table).values(&before).execute(conn).unwrap();
            let after = After::query().first::<After>(conn);
            let after = after.unwrap();
            assert_eq!((after.id, after.area, after.name.as_str()), (1, 2, "n"));
        });
    }
}

/// A model whose lifetime is called as the expansion's own, and whose fields borrow.
mod lifetimes {
    use super::{EncryptedModel, ExpressionMethods, QueryDsl, RunQueryDsl, with_table};
    use std::borrow::Cow;

    diesel::table! {
        use diesel::sql_types::*;
        use encrypted_fields::sql_types::*;
        posts (id) {
            id -> Text,
            title -> Encrypted<Text>,
            body -> Nullable<Encrypted<Binary>>,
        }
    }

    #[derive(EncryptedModel)]
    #[diesel(table_name = posts)]
    #[encrypted(only(Insertable, AsChangeset))]
    struct NewPost<'insert, 'update> {
        id: &'insert str,
        #[encrypted]
        title: Cow<'update, str>,
        #[encrypted]
        body: Option<&'update [u8]>,
    }

    #[test]
    fn lifetimes_may_have_any_name() {
        with_table("CREATE TABLE posts (id TEXT PRIMARY KEY, title BLOB NOT NULL, body BLOB)", |conn| {
            let new = NewPost { id: "a", title: "t".into(), body: Some(b"b") };
            diesel::insert_into(posts::table).values(&new).execute(conn).unwrap();
            diesel::insert_into(posts::table)
                .values(&new)
                .on_conflict(posts::id)
                .do_update()
                .set(&new)
                .execute(conn)
                .unwrap();
            assert_eq!(posts::table.filter(posts::id.eq("a")).count().get_result(conn), Ok(1));
        });
    }
}
