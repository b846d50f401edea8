//! Two writers that read one row: the second fails, on every path, and loses nothing of the first.

use super::*;
use diesel::{insert_into, update};

on_each_backend! {
    every_path_of_a_stale_struct: |conn| {
        let stale = wallet(1);
        insert_into(wallets::table).values(&vec![stale.clone(), wallet(2)]).execute(conn).unwrap();
        let first = Wallet { balance: Decimal::TEN, ..stale.clone() };
        let now: Wallet = first.save_changes(conn).unwrap();
        let late = Wallet { balance: Decimal::ONE_HUNDRED, ..stale.clone() };

        lost!(conn, late.save_changes::<Wallet>(conn));
        lost!(conn, update(wallets::table.find(1)).set(&late).execute(conn));
        lost!(conn, update(wallets::table.find(1)).set(late.clone()).execute(conn));
        lost!(conn, update(&late).set(late.row().set_balance(&Decimal::ONE_HUNDRED)).execute(conn));
        lost!(conn, update(&late).set(late.row().set_note(None)).execute(conn));
        let patch = Patch { balance: Some(Decimal::ONE_HUNDRED), ..patch(&stale) };
        lost!(conn, patch.save_changes::<Wallet>(conn));
        lost!(conn, update(wallets::table.find(1)).set(&patch).execute(conn));
        let upsert = || insert_into(wallets::table).values(&late).on_conflict(target(wallets::id)).do_update();
        lost!(conn, upsert().set(&late).execute(conn));
        lost!(conn, upsert().set(late.row().set_balance(&Decimal::ONE_HUNDRED)).execute(conn));
        assert_eq!(loaded!(conn, 1), now);
    }

    /// A patch that does not touch the value has nothing to lose: it neither reads nor moves the counter.
    a_write_of_other_columns_does_not_conflict: |conn| {
        let stale = wallet(1);
        insert_into(wallets::table).values(&stale).execute(conn).unwrap();
        let first = Patch { balance: Some(Decimal::TEN), ..patch(&stale) };
        first.save_changes::<Wallet>(conn).unwrap();
        let label = Patch { label: Some("late".to_owned()), ..patch(&stale) };
        assert_eq!(update(&stale).set(&label).execute(conn), Ok(1));
        let note = Patch { note: Some(Some("late".to_owned())), ..patch(&stale) };
        let now: Wallet = note.save_changes(conn).unwrap();
        assert_eq!((now.balance, now.note.as_deref(), now.label.as_str()), (Decimal::TEN, Some("late"), "late"));
    }

    a_counter_over_many_rows_is_refused: |conn| {
        insert_into(wallets::table).values(&vec![wallet(1), wallet(2)]).execute(conn).unwrap();
        let one = loaded!(conn, 1);
        lost!(conn, update(wallets::table).set(one.row().set_balance(&Decimal::TEN)).execute(conn));
    }
}

on_backends_that_return! {
    a_stale_struct: |conn| {
        let stale = wallet(1);
        insert_into(wallets::table).values(&stale).execute(conn).unwrap();
        Wallet { balance: Decimal::TEN, ..stale.clone() }.save_changes::<Wallet>(conn).unwrap();
        let late = Wallet { balance: Decimal::ONE_HUNDRED, ..stale };
        let returning = update(&late).set(&late).returning(Wallet::as_returning());
        lost!(conn, returning.get_result(conn));
    }
}

/// Both transactions read before either writes: the second waits for the first, and then its guard sees the row that
/// the first wrote. READ COMMITTED on Postgres; on MySQL REPEATABLE READ, where an UPDATE reads what is there all the same.
macro_rules! two_open_transactions {
    ($name:ident, $database:expr, $sql:expr) => {
        #[test]
        fn $name() {
            let database = $database;
            let mut one = database.connect();
            one.batch_execute($sql).unwrap();
            let keyring = testing::keyring();
            scope::with(&keyring, || insert_into(wallets::table).values(&wallet(1)).execute(&mut one)).unwrap();
            let (written, wait) = std::sync::mpsc::channel();
            std::thread::scope(|threads| {
                let (database, keyring) = (&database, &keyring);
                let late = threads.spawn(move || {
                    let mut two = database.connect();
                    scope::with(keyring, || {
                        two.transaction(|conn| {
                            let mut wallet: Wallet = Wallet::query().first(conn)?;
                            wait.recv().unwrap();
                            wallet.balance += Decimal::ONE_HUNDRED;
                            wallet.save_changes::<Wallet>(conn)
                        })
                    })
                });
                scope::with(keyring, || {
                    one.transaction(|conn| {
                        let mut wallet: Wallet = Wallet::query().first(conn)?;
                        wallet.balance += Decimal::TEN;
                        let wallet: Wallet = wallet.save_changes(conn)?;
                        written.send(()).unwrap();
                        // Long enough for the other to run into the row's lock.
                        std::thread::sleep(std::time::Duration::from_millis(200));
                        QueryResult::Ok(wallet)
                    })
                })
                .unwrap();
                let error = late.join().unwrap().unwrap_err();
                assert!(encrypted_fields::write_conflict(&error), "{error:?}");
            });
            let now: Wallet = scope::with(&keyring, || Wallet::query().first(&mut one)).unwrap();
            assert_eq!(now.balance, Decimal::from(11));
        }
    };
}
two_open_transactions!(two_open_transactions_on_postgres, harness::pg(), POSTGRES);
two_open_transactions!(two_open_transactions_on_mysql, harness::mysql(), &ddl_for_mysql(POSTGRES));
