//! The SQL of a guarded assignment, as it is sent.

use super::*;
use diesel::debug_query;
use diesel::mysql::Mysql;
use diesel::pg::Pg;
use diesel::sqlite::Sqlite;
use diesel::{insert_into, update};
use rust_decimal::Decimal;

mod by_id_and_owner {
    use super::*;
    wallets!([wallets][bind(id, owner_id),][RowBound]);
}

mod by_key {
    use super::*;
    wallets!([shop.wallets][bind = none, key = owner_id,][Unbound]);
}

mod unbound {
    use super::*;
    wallets!([wallets][bind = none,][Unbound]);
}

/// The text of a query without its binds.
macro_rules! sql {
    ($db:ty, $query:expr) => {{
        let printed = scope::with(&keyring(), || debug_query::<$db, _>(&$query).to_string());
        printed.split(" -- binds").next().unwrap().to_owned()
    }};
}

#[test]
fn bytes_on_postgres() {
    use by_id_and_owner::{wallet, wallets};
    assert_eq!(
        sql!(Pg, update(wallets::table.find(2)).set(wallet(1).row().set_balance(&Decimal::ONE))),
        r#"UPDATE "wallets" SET "balance" = CASE WHEN "wallets"."id" = $1 AND "wallets"."owner_id" = $2 THEN $3 ELSE decode(CAST("wallets"."id" AS text), 'encrypted_fields: other row') END WHERE ("wallets"."id" = $4)"#
    );
}

#[test]
fn text_on_postgres() {
    use by_id_and_owner::{wallet, wallets};
    assert_eq!(
        sql!(Pg, update(wallets::table.find(2)).set(wallet(1).row().set_note(None))),
        r#"UPDATE "wallets" SET "note" = CASE WHEN "wallets"."id" = $1 AND "wallets"."owner_id" = $2 THEN $3 ELSE encode(decode(CAST("wallets"."id" AS text), 'encrypted_fields: other row'), 'hex') END WHERE ("wallets"."id" = $4)"#
    );
}

#[test]
fn on_sqlite() {
    use by_id_and_owner::{wallet, wallets};
    assert_eq!(
        sql!(Sqlite, update(wallets::table.find(2)).set(wallet(1).row().set_balance(&Decimal::ONE))),
        "UPDATE `wallets` SET `balance` = CASE WHEN `wallets`.`id` = ? AND `wallets`.`owner_id` = ? THEN ? ELSE json_extract('{}', 'encrypted_fields: other row') END WHERE (`wallets`.`id` = ?)"
    );
}

#[test]
fn bytes_on_mysql() {
    use by_id_and_owner::{wallet, wallets};
    assert_eq!(
        sql!(Mysql, update(wallets::table.find(2)).set(wallet(1).row().set_balance(&Decimal::ONE))),
        "UPDATE `wallets` SET `balance` = CASE WHEN `wallets`.`id` = ? AND `wallets`.`owner_id` = ? THEN ? ELSE CAST(CHAR_LENGTH(CONCAT_WS('', 'encrypted_fields: other row', `wallets`.`id`)) + 18446744073709551615 AS BINARY) END WHERE (`wallets`.`id` = ?)"
    );
}

#[test]
fn a_model_sets_no_column_that_names_the_row() {
    use by_id_and_owner::{wallet, wallets};
    let sql = sql!(Sqlite, update(wallets::table.find(2)).set(&wallet(1)));
    let set = sql.split(" WHERE ").next().unwrap();
    assert!(!set.contains("SET `id` =") && !set.contains(", `id` =") && !set.contains(", `owner_id` ="), "{sql}");
    assert_eq!(sql.matches("CASE WHEN").count(), 2, "{sql}");
}

#[test]
fn an_upsert() {
    use by_id_and_owner::{Patch, patch, wallet, wallets};
    let only_balance = Patch { note: None, label: None, ..patch(1) };
    let sql = sql!(
        Pg,
        insert_into(wallets::table).values(&wallet(1)).on_conflict(wallets::slug).do_update().set(&only_balance)
    );
    assert_eq!(
        sql.split(" ON CONFLICT ").nth(1).unwrap(),
        r#"("slug") DO UPDATE SET "balance" = CASE WHEN "wallets"."id" = $7 AND "wallets"."owner_id" = $8 THEN $9 ELSE decode(CAST("wallets"."id" AS text), 'encrypted_fields: other row') END"#
    );
}

#[test]
fn a_key_column_in_a_schema() {
    use by_key::{wallet, wallets};
    assert_eq!(
        sql!(Pg, update(wallets::table.find(2)).set(wallet(1).row().set_balance(&Decimal::ONE))),
        r#"UPDATE "shop"."wallets" SET "balance" = CASE WHEN "shop"."wallets"."owner_id" = $1 THEN $2 ELSE decode(CAST("shop"."wallets"."owner_id" AS text), 'encrypted_fields: other row') END WHERE ("shop"."wallets"."id" = $3)"#
    );
}

#[test]
fn an_unbound_column_needs_no_guard() {
    use unbound::{WalletRow, wallets};
    assert_eq!(
        sql!(Pg, update(wallets::table.find(2)).set(WalletRow {}.set_balance(&Decimal::ONE))),
        r#"UPDATE "wallets" SET "balance" = $1 WHERE ("wallets"."id" = $2)"#
    );
}

#[test]
fn what_is_printed_shows_no_value() {
    use by_id_and_owner::{wallet, wallets};
    let printed = scope::with(&keyring(), || {
        let wallet = by_id_and_owner::Wallet { note: Some("a secret".to_owned()), ..wallet(1) };
        debug_query::<Pg, _>(&update(wallets::table.find(2)).set(&wallet)).to_string()
    });
    assert!(printed.contains("Sealed(") && !printed.contains("a secret"), "{printed}");
}
