//! Each way to name a row, on each path that writes: refused for another row, written into its own.

use super::*;
use diesel::connection::SimpleConnection as _;
use diesel::{insert_into, update};
use encrypted_fields::current_keyring;
use rust_decimal::Decimal;

/// Updates aimed at row 2 with values of row 1.
macro_rules! update_paths {
    ($backend:ident, $on:ident, $sql:expr) => {
        mod $backend {
            use super::*;

            #[test]
            fn a_model() {
                $on($sql, |conn| {
                    insert_into(wallets::table).values(&vec![wallet(1), wallet(2), wallet(3)]).execute(conn).unwrap();
                    refused!(conn, update(wallets::table.find(2)).set(&changed(1)).execute(conn));
                    refused!(conn, update(wallets::table.find(2)).set(changed(1)).execute(conn));
                    refused!(conn, update(&wallet(2)).set(&changed(1)).execute(conn));
                    accepted!(conn, update(wallets::table.find(1)).set(&changed(1)).execute(conn));
                    accepted!(conn, update(wallets::table.find(1)).set(changed(1)).execute(conn));
                });
            }

            #[test]
            fn a_patch() {
                $on($sql, |conn| {
                    insert_into(wallets::table).values(&vec![wallet(1), wallet(2), wallet(3)]).execute(conn).unwrap();
                    refused!(conn, update(wallets::table.find(2)).set(&patch(1)).execute(conn));
                    refused!(conn, update(wallets::table.find(2)).set(patch(1)).execute(conn));
                    let only_note = Patch { balance: None, label: None, ..patch(1) };
                    refused!(conn, update(wallets::table.find(2)).set(&only_note).execute(conn));
                    accepted!(conn, update(wallets::table.find(1)).set(&patch(1)).execute(conn));
                    accepted!(conn, update(&patch(1)).set(patch(1)).execute(conn));
                });
            }

            #[test]
            fn setters() {
                $on($sql, |conn| {
                    insert_into(wallets::table).values(&vec![wallet(1), wallet(2), wallet(3)]).execute(conn).unwrap();
                    let row = wallet(1).row();
                    refused!(conn, update(wallets::table.find(2)).set(row.set_balance(&Decimal::ONE)).execute(conn));
                    refused!(conn, update(wallets::table.find(2)).set(row.set_note(Some("n"))).execute(conn));
                    refused!(conn, update(wallets::table.find(2)).set(row.set_note(None)).execute(conn));
                    let of_two_rows = (wallet(2).row().set_balance(&Decimal::ONE), row.set_note(Some("n")));
                    refused!(conn, update(wallets::table.find(2)).set(of_two_rows).execute(conn));
                    let all =
                        (row.set_balance(&changed(1).balance), row.set_note(Some("changed")), wallets::label.eq("b"));
                    accepted!(conn, update(wallets::table.find(1)).set(all).execute(conn));
                });
            }

            #[test]
            fn the_sealed_form() {
                $on($sql, |conn| {
                    insert_into(wallets::table).values(&vec![wallet(1), wallet(2), wallet(3)]).execute(conn).unwrap();
                    let sealed = changed(1).seal(&current_keyring().unwrap()).unwrap();
                    refused!(conn, update(wallets::table.find(2)).set(&sealed).execute(conn));
                    accepted!(conn, update(&sealed).set(&sealed).execute(conn));
                });
            }
        }
    };
}

/// The same where there is a RETURNING.
macro_rules! returning_paths {
    ($backend:ident, $on:ident, $sql:expr) => {
        mod $backend {
            use super::*;

            #[test]
            fn a_model_that_returns() {
                $on($sql, |conn| {
                    insert_into(wallets::table).values(&vec![wallet(1), wallet(2), wallet(3)]).execute(conn).unwrap();
                    let update = |id| update(wallets::table.find(id)).set(changed(1)).returning(Wallet::as_returning());
                    refused!(conn, update(2).get_result(conn).map(|_| 1));
                    accepted!(conn, update(1).get_result(conn).map(|_| 1));
                });
            }
        }
    };
}

/// Upserts that meet row 2 by its unique column.
macro_rules! upsert_paths {
    ($backend:ident, $on:ident, $sql:expr, $dialect:ident) => {
        mod $backend {
            use super::*;
            use crate::models::dialect::$dialect::*;

            #[test]
            fn every_set() {
                $on($sql, |conn| {
                    insert_into(wallets::table).values(&vec![wallet(1), wallet(2), wallet(3)]).execute(conn).unwrap();
                    let meets_two = Wallet { slug: wallet(2).slug, ..changed(4) };
                    let upsert = |wallet: &Wallet| {
                        insert_into(wallets::table)
                            .values(wallet.clone())
                            .on_conflict(target(wallets::slug))
                            .do_update()
                    };
                    refused!(conn, upsert(&meets_two).set(&meets_two).execute(conn));
                    refused!(conn, upsert(&meets_two).set(meets_two.clone()).execute(conn));
                    refused!(conn, upsert(&meets_two).set(&patch(4)).execute(conn));
                    refused!(conn, upsert(&meets_two).set(meets_two.row().set_balance(&Decimal::ONE)).execute(conn));
                    let sealed = meets_two.clone().seal(&current_keyring().unwrap()).unwrap();
                    refused!(conn, upsert(&meets_two).set(&sealed).execute(conn));
                    accepted!(conn, upsert(&changed(1)).set(&changed(1)).execute(conn), UPSERTED);
                    accepted!(conn, upsert(&changed(1)).set(&patch(1)).execute(conn), UPSERTED);
                    let sealed = changed(1).seal(&current_keyring().unwrap()).unwrap();
                    accepted!(conn, upsert(&changed(1)).set(&sealed).execute(conn), UPSERTED);
                    let set = changed(1).row().set_note(Some("changed"));
                    accepted!(conn, upsert(&changed(1)).set(set).execute(conn), UPSERTED);
                });
            }
        }
    };
}

/// Writes to the right primary key by a struct whose other bound column is stale: `save_changes` among them.
macro_rules! stale_paths {
    ($backend:ident, $on:ident, $sql:expr, $dialect:ident) => {
        mod $backend {
            use super::*;
            use crate::models::dialect::$dialect::*;

            #[test]
            fn every_set() {
                $on($sql, |conn| {
                    insert_into(wallets::table).values(&vec![wallet(1), wallet(2), wallet(3)]).execute(conn).unwrap();
                    let stale = Wallet { owner_id: 8, ..changed(1) };
                    refused!(conn, stale.save_changes::<Wallet>(conn).map(|_| 1));
                    refused!(conn, update(&stale).set(&stale).execute(conn));
                    let patch_of_stale = Patch { owner_id: 8, ..patch(1) };
                    refused!(conn, patch_of_stale.save_changes::<Wallet>(conn).map(|_| 1));
                    let upsert =
                        insert_into(wallets::table).values(&stale).on_conflict(target(wallets::id)).do_update();
                    refused!(conn, upsert.set(&stale).execute(conn));
                    accepted!(conn, changed(1).save_changes::<Wallet>(conn).map(|_| 1));
                    accepted!(conn, patch(1).save_changes::<Wallet>(conn).map(|_| 1));
                });
            }
        }
    };
}

mod bound_to_the_primary_key {
    use super::*;
    wallets!([wallets][][RowBound]);
    update_paths!(update_on_postgres, on_postgres, POSTGRES);
    update_paths!(update_on_sqlite, on_sqlite, SQLITE);
    update_paths!(update_on_mysql, on_mysql, MYSQL);
    returning_paths!(returning_on_postgres, on_postgres, POSTGRES);
    returning_paths!(returning_on_sqlite, on_sqlite, SQLITE);
    upsert_paths!(upsert_on_mysql, on_mysql, MYSQL, mysql);
    upsert_paths!(upsert_on_postgres, on_postgres, POSTGRES, sql_standard);
    upsert_paths!(upsert_on_sqlite, on_sqlite, SQLITE, sql_standard);
}

mod bound_to_id_and_owner {
    use super::*;
    wallets!([wallets][bind(id, owner_id),][RowBound]);
    update_paths!(update_on_postgres, on_postgres, POSTGRES);
    update_paths!(update_on_sqlite, on_sqlite, SQLITE);
    update_paths!(update_on_mysql, on_mysql, MYSQL);
    returning_paths!(returning_on_postgres, on_postgres, POSTGRES);
    returning_paths!(returning_on_sqlite, on_sqlite, SQLITE);
    upsert_paths!(upsert_on_mysql, on_mysql, MYSQL, mysql);
    upsert_paths!(upsert_on_postgres, on_postgres, POSTGRES, sql_standard);
    upsert_paths!(upsert_on_sqlite, on_sqlite, SQLITE, sql_standard);
    stale_paths!(stale_on_postgres, on_postgres, POSTGRES, sql_standard);
    stale_paths!(stale_on_mysql, on_mysql, MYSQL, mysql);
    stale_paths!(stale_on_sqlite, on_sqlite, SQLITE, sql_standard);
}

mod bound_with_a_key_column {
    use super::*;
    wallets!([wallets][bind(id), key = owner_id,][RowBound]);
    update_paths!(update_on_postgres, on_postgres, POSTGRES);
    update_paths!(update_on_sqlite, on_sqlite, SQLITE);
    update_paths!(update_on_mysql, on_mysql, MYSQL);
    returning_paths!(returning_on_postgres, on_postgres, POSTGRES);
    returning_paths!(returning_on_sqlite, on_sqlite, SQLITE);
    upsert_paths!(upsert_on_mysql, on_mysql, MYSQL, mysql);
    upsert_paths!(upsert_on_postgres, on_postgres, POSTGRES, sql_standard);
    stale_paths!(stale_on_postgres, on_postgres, POSTGRES, sql_standard);
    stale_paths!(stale_on_mysql, on_mysql, MYSQL, mysql);
    stale_paths!(stale_on_sqlite, on_sqlite, SQLITE, sql_standard);
}

mod a_key_column_alone {
    use super::*;
    wallets!([wallets][bind = none, key = owner_id,][Unbound]);
    update_paths!(update_on_postgres, on_postgres, POSTGRES);
    update_paths!(update_on_sqlite, on_sqlite, SQLITE);
    update_paths!(update_on_mysql, on_mysql, MYSQL);
    returning_paths!(returning_on_postgres, on_postgres, POSTGRES);
    returning_paths!(returning_on_sqlite, on_sqlite, SQLITE);
    upsert_paths!(upsert_on_mysql, on_mysql, MYSQL, mysql);
    upsert_paths!(upsert_on_postgres, on_postgres, POSTGRES, sql_standard);
    stale_paths!(stale_on_postgres, on_postgres, POSTGRES, sql_standard);
    stale_paths!(stale_on_mysql, on_mysql, MYSQL, mysql);
}

mod in_a_schema_of_its_own {
    use super::*;
    wallets!([shop.wallets][bind(id, owner_id),][RowBound]);
    const SQL: &str = "CREATE SCHEMA shop; SET search_path = shop; \
                       CREATE TABLE wallets (id BIGINT PRIMARY KEY, owner_id BIGINT NOT NULL, slug TEXT NOT NULL UNIQUE, \
                       balance BYTEA NOT NULL, note TEXT, label TEXT NOT NULL); SET search_path = public";
    update_paths!(update, on_postgres, SQL);
    returning_paths!(returning, on_postgres, SQL);
    upsert_paths!(upsert, on_postgres, SQL, sql_standard);
    stale_paths!(stale, on_postgres, SQL, sql_standard);
}

/// `GENERATED ALWAYS` refuses an UPDATE that sets the column, which is why the guard compares it and sets nothing.
mod an_identity_column {
    use super::*;
    wallets!([wallets][][RowBound]);

    #[test]
    fn on_postgres_is_guarded_without_being_set() {
        on_postgres(POSTGRES, |conn| {
            insert_into(wallets::table).values(&vec![wallet(1), wallet(2), wallet(3)]).execute(conn).unwrap();
            conn.batch_execute("ALTER TABLE wallets ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY").unwrap();
            let set_id = update(wallets::table.find(1)).set(wallets::id.eq(1)).execute(conn).unwrap_err();
            assert!(set_id.to_string().contains("can only be updated to DEFAULT"), "{set_id}");

            let row = wallet(1).row();
            refused!(conn, update(wallets::table.find(2)).set(&changed(1)).execute(conn));
            refused!(conn, update(wallets::table.find(2)).set(&patch(1)).execute(conn));
            refused!(conn, update(wallets::table.find(2)).set(row.set_note(Some("n"))).execute(conn));
            accepted!(conn, update(wallets::table.find(1)).set(&changed(1)).execute(conn));
            accepted!(conn, changed(1).save_changes::<Wallet>(conn).map(|_| 1));
            accepted!(conn, update(wallets::table.find(1)).set(row.set_balance(&changed(1).balance)).execute(conn));
        });
    }
}
