//! Pools and transactions.

use super::*;
use diesel::r2d2::{ConnectionManager, Pool};
use diesel::{insert_into, update};
use std::thread;

on_every! {
    fn a_rollback_leaves_what_was_there(conn) {
        insert_into(users::table).values(&user(1)).execute(conn).unwrap();
        let rolled_back = conn.transaction::<(), _, _>(|conn| {
            let changed = User { balance: Decimal::TEN, ..user(1) };
            update(&changed).set(&changed).execute(conn)?;
            insert_into(users::table).values(&user(2)).execute(conn)?;
            assert_eq!(users::table.find(1).first::<User>(conn)?, changed);
            Err(diesel::result::Error::RollbackTransaction)
        });
        assert_eq!(rolled_back, Err(diesel::result::Error::RollbackTransaction));
        assert_eq!(users::table.load::<User>(conn).unwrap(), [user(1)]);
    }

    fn a_savepoint_rolls_back_alone(conn) {
        conn.transaction(|conn| {
            insert_into(users::table).values(&user(1)).execute(conn)?;
            let inner = conn.transaction(|conn| insert_into(users::table).values(&vec![user(2), user(1)]).execute(conn));
            inner.unwrap_err();
            insert_into(users::table).values(&user(3)).execute(conn)
        }).unwrap();
        assert_eq!(users::table.order(users::id).load::<User>(conn).unwrap(), [user(1), user(3)]);
    }

    fn rows_of_another_keyring_do_not_open(conn) {
        let written = scope::with(&testing::keyring(), || insert_into(users::table).values(&user(1)).execute(conn));
        assert_eq!(written, Ok(1));
        let unread = users::table.load::<User>(conn).unwrap_err();
        assert!(unread.to_string().contains("which this keyring does not hold"), "{unread}");
        assert_eq!(users::table.load::<SealedUser>(conn).unwrap().len(), 1, "the sealed form loads all the same");
    }
}

/// Every thread of a pool writes and reads under the keyring of the scope it opened.
macro_rules! pooled {
    ($name:ident, $conn:ty, $database:expr, $tables:expr) => {
        #[test]
        fn $name() {
            let database = $database;
            database.connect().batch_execute($tables).unwrap();
            let pool = Pool::builder()
                .max_size(4)
                .min_idle(Some(1))
                .build(ConnectionManager::<$conn>::new(database.url()))
                .unwrap();
            let keyring: Keyring = testing::keyring();
            thread::scope(|threads| {
                for id in 1..=8 {
                    let (pool, keyring) = (pool.clone(), &keyring);
                    threads.spawn(move || {
                        scope::with(keyring, || {
                            let conn = &mut pool.get().unwrap();
                            conn.batch_execute(BUSY).unwrap();
                            insert_into(users::table).values(&user(id)).execute(conn).unwrap();
                            let mut one: User = users::table.find(id).first(conn).unwrap();
                            one.balance = Decimal::from(id);
                            assert_eq!(one.save_changes::<User>(&mut **conn).unwrap(), one);
                        });
                    });
                }
            });
            scope::with(&keyring, || {
                let all: Vec<User> = users::table.order(users::id).load(&mut pool.get().unwrap()).unwrap();
                assert_eq!(
                    all.iter().map(|user| user.balance).collect::<Vec<_>>(),
                    (1..=8).map(Decimal::from).collect::<Vec<_>>()
                );
            });
        }
    };
}

mod r2d2_over_postgres {
    use super::*;
    const BUSY: &str = "SELECT 1";
    pooled!(serves_threads, PgConnection, harness::pg(), POSTGRES);
}

mod r2d2_over_mysql {
    use super::*;
    const BUSY: &str = "SELECT 1";
    pooled!(serves_threads, MysqlConnection, harness::mysql(), &ddl_for_mysql(POSTGRES));
}

mod r2d2_over_sqlite {
    use super::*;
    const BUSY: &str = "PRAGMA busy_timeout = 10000";
    pooled!(serves_threads, SqliteConnection, harness::sqlite(), SQLITE);
}
