//! The SQL of a versioned assignment: the guard demands the counter, and the counter is set after it.

use super::*;
use diesel::debug_query;
use diesel::mysql::Mysql;
use diesel::pg::Pg;
use diesel::sqlite::Sqlite;
use diesel::{insert_into, update};

macro_rules! sql {
    ($db:ty, $query:expr) => {{
        let printed = scope::with(&testing::keyring(), || debug_query::<$db, _>(&$query).to_string());
        printed.split(" -- binds").next().unwrap().to_owned()
    }};
}

#[test]
fn a_setter_on_postgres() {
    assert_eq!(
        sql!(Pg, update(wallets::table.find(2)).set(wallet(1).row().set_balance(&Decimal::ONE))),
        r#"UPDATE "wallets" SET "balance" = CASE WHEN "wallets"."id" = $1 AND "wallets"."owner_id" = $2 AND "wallets"."balance_version" = $3 THEN $4 ELSE decode(CAST("wallets"."id" AS text), 'encrypted_fields: other row') END, "balance_version" = $5 WHERE ("wallets"."id" = $6)"#
    );
}

#[test]
fn a_patch_of_one_value_on_sqlite() {
    let patch = Patch { balance: Some(Decimal::ONE), ..patch(&wallet(1)) };
    assert_eq!(
        sql!(Sqlite, update(wallets::table.find(2)).set(&patch)),
        "UPDATE `wallets` SET `balance` = CASE WHEN `wallets`.`id` = ? AND `wallets`.`owner_id` = ? AND `wallets`.`balance_version` = ? THEN ? ELSE json_extract('{}', 'encrypted_fields: other row') END, `balance_version` = ? WHERE (`wallets`.`id` = ?)"
    );
}

/// MySQL evaluates from left to right: a counter that was set before its value would be seen by the guard.
#[test]
fn the_counter_is_set_after_its_value_on_mysql() {
    let sql = sql!(Mysql, update(wallets::table.find(2)).set(&wallet(1)));
    for (value, counter) in [("balance", "balance_version"), ("note", "note_version")] {
        let (value, counter) = (format!("`{value}` = CASE"), format!(", `{counter}` = ?"));
        assert_eq!((sql.matches(&value).count(), sql.matches(&counter).count()), (1, 1), "{sql}");
        assert!(sql.find(&value) < sql.find(&counter), "{sql}");
    }
}

#[test]
fn an_upsert() {
    let patch = Patch { balance: Some(Decimal::ONE), ..patch(&wallet(1)) };
    let sql = sql!(Pg, insert_into(wallets::table).values(&wallet(1)).on_conflict(wallets::id).do_update().set(&patch));
    assert_eq!(
        sql.split(" DO UPDATE SET ").nth(1).unwrap(),
        r#""balance" = CASE WHEN "wallets"."id" = $11 AND "wallets"."owner_id" = $12 AND "wallets"."balance_version" = $13 THEN $14 ELSE decode(CAST("wallets"."id" AS text), 'encrypted_fields: other row') END, "balance_version" = $15"#
    );
}
