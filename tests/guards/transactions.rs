//! What a refused write leaves behind: on Postgres an aborted transaction, on MySQL and SQLite a failed statement.

use super::*;
use diesel::result::Error;
use diesel::{insert_into, update};

wallets!([wallets][bind(id, owner_id),][RowBound]);

#[test]
fn on_postgres_the_transaction_is_aborted() {
    on_postgres(POSTGRES, |conn| {
        insert_into(wallets::table).values(&vec![wallet(1), wallet(2)]).execute(conn).unwrap();
        let outcome = conn.transaction::<(), Error, _>(|conn| {
            update(wallets::table.find(1)).set(&changed(1)).execute(conn)?;
            let conflict = update(wallets::table.find(2)).set(&changed(1)).execute(conn).unwrap_err();
            assert!(encrypted_fields::write_conflict(&conflict), "{conflict}");
            let aborted = wallets::table.load::<Wallet>(conn).unwrap_err();
            assert!(aborted.to_string().contains("current transaction is aborted"), "{aborted}");
            assert!(!encrypted_fields::write_conflict(&aborted));
            Err(conflict)
        });
        assert!(encrypted_fields::write_conflict(&outcome.unwrap_err()));
        let rows: Vec<Wallet> = wallets::table.order(wallets::id).load(conn).unwrap();
        assert_eq!(rows, [wallet(1), wallet(2)], "the first update is rolled back as well");
    });
}

#[test]
fn on_postgres_a_savepoint_keeps_the_rest() {
    on_postgres(POSTGRES, |conn| {
        insert_into(wallets::table).values(&vec![wallet(1), wallet(2)]).execute(conn).unwrap();
        conn.transaction(|conn| {
            update(wallets::table.find(1)).set(&changed(1)).execute(conn)?;
            let inner = conn.transaction(|conn| update(wallets::table.find(2)).set(&changed(1)).execute(conn));
            assert!(encrypted_fields::write_conflict(&inner.unwrap_err()));
            wallets::table.load::<Wallet>(conn).map(drop)
        })
        .unwrap();
        let rows: Vec<Wallet> = wallets::table.order(wallets::id).load(conn).unwrap();
        assert_eq!(rows, [changed(1), wallet(2)]);
    });
}

macro_rules! the_statement_alone_fails {
    ($conn:ident) => {{
        let conn = $conn;
        insert_into(wallets::table).values(&vec![wallet(1), wallet(2)]).execute(conn).unwrap();
        conn.transaction(|conn| {
            update(wallets::table.find(1)).set(&changed(1)).execute(conn)?;
            let conflict = update(wallets::table.find(2)).set(&changed(1)).execute(conn).unwrap_err();
            assert!(encrypted_fields::write_conflict(&conflict), "{conflict}");
            wallets::table.load::<Wallet>(conn).map(drop)
        })
        .unwrap();
        let rows: Vec<Wallet> = wallets::table.order(wallets::id).load(conn).unwrap();
        assert_eq!(rows, [changed(1), wallet(2)]);
    }};
}

#[test]
fn on_mysql_the_statement_alone_fails() {
    on_mysql(MYSQL, |conn| the_statement_alone_fails!(conn));
}

#[test]
fn on_sqlite_the_statement_alone_fails() {
    on_sqlite(SQLITE, |conn| the_statement_alone_fails!(conn));
}

/// The errors that a user's own data can bring are not taken for the guard's.
#[test]
fn other_errors_are_not_conflicts() {
    on_postgres(POSTGRES, |conn| {
        insert_into(wallets::table).values(&wallet(1)).execute(conn).unwrap();
        let twice = insert_into(wallets::table).values(&wallet(1)).execute(conn).unwrap_err();
        assert!(!encrypted_fields::write_conflict(&twice), "{twice}");
        let missing = wallets::table.find(9).first::<Wallet>(conn).unwrap_err();
        assert!(!encrypted_fields::write_conflict(&missing));
    });
}
