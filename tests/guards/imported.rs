//! With `encrypted_fields::guard` in scope everything but what it refuses compiles and runs as before: plain columns, what the
//! derive writes, the row's handle and look-ups by index. What it refuses has fixtures, `compile_fail/guard_*.rs`.

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::upsert::excluded;
use diesel::{insert_into, update};
#[allow(unused_imports)] // It only ever refuses.
use encrypted_fields::guard::*;
use encrypted_fields::{EncryptedModel, SealedOf, scope, testing};
use rust_decimal::Decimal;

use crate::harness;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    wallets (id) {
        id -> BigInt,
        owner_id -> BigInt,
        balance -> Encrypted<Numeric>,
        iban -> Encrypted<Text>,
        iban_bidx -> Binary,
        note -> Nullable<EncryptedText<Text>>,
        label -> Nullable<Text>,
    }
}

#[derive(Debug, Clone, PartialEq, Identifiable, EncryptedModel)]
#[encrypted(bind(id, owner_id))]
struct Wallet {
    id: i64,
    owner_id: i64,
    #[encrypted]
    balance: Decimal,
    #[encrypted(index = iban_bidx)]
    iban: String,
    #[encrypted]
    note: Option<String>,
    label: Option<String>,
}

fn wallet(id: i64) -> Wallet {
    let (iban, label) = (format!("IT{id}"), Some(format!("label {id}")));
    Wallet { id, owner_id: 7, balance: Decimal::from(id), iban, note: None, label }
}

#[test]
fn everything_else_works_where_it_is_imported() {
    let database = harness::sqlite();
    let conn = &mut database.connect();
    conn.batch_execute(
        "CREATE TABLE wallets (id BIGINT PRIMARY KEY, owner_id BIGINT NOT NULL, balance BLOB NOT NULL,
         iban BLOB NOT NULL, iban_bidx BLOB NOT NULL, note TEXT, label TEXT)",
    )
    .unwrap();
    scope::with(&testing::keyring(), || {
        insert_into(wallets::table).values(&vec![wallet(1), wallet(2), wallet(3)]).execute(conn).unwrap();

        // Plain columns, nullable ones too, compare, search and sort.
        let found: Vec<Wallet> = wallets::table
            .filter(wallets::id.between(1, 2).and(wallets::owner_id.eq(7)).and(wallets::label.like("label%")))
            .filter(wallets::label.is_not("x").and(wallets::id.ne(9)).and(wallets::id.eq_any([1, 2])))
            .order((wallets::label.desc(), wallets::id.asc()))
            .select(Wallet::as_select())
            .load(conn)
            .unwrap();
        assert_eq!(found, [wallet(2), wallet(1)]);

        // Encrypted ones may be asked for NULL, selected and looked up.
        let without = Wallet::query().filter(wallets::note.is_null()).filter(Wallet::iban_eq("IT3")).load(conn);
        assert_eq!(without.unwrap(), [wallet(3)]);
        let (id, owner_id, sealed): (_, _, SealedOf<wallets::balance>) =
            wallets::table.select((wallets::id, wallets::owner_id, wallets::balance)).find(2).first(conn).unwrap();
        assert_eq!(WalletRow { id, owner_id }.open_balance(&sealed).unwrap(), Decimal::from(2));

        // The row's handle, the model, and the explicit way round the guard.
        let row = wallet(1).row();
        let set = (row.set_balance(&Decimal::TEN), row.set_note(Some("n")), wallets::label.eq("b"));
        assert_eq!(update(wallets::table.find(1)).set(set).execute(conn), Ok(1));
        let saved: Wallet = Wallet { balance: Decimal::TWO, ..wallet(1) }.save_changes(conn).unwrap();
        assert_eq!((saved.balance, saved.note.as_deref()), (Decimal::TWO, Some("n")));
        let upserted = insert_into(wallets::table)
            .values(&Wallet { balance: Decimal::ONE_HUNDRED, ..wallet(1) })
            .on_conflict(wallets::id)
            .do_update()
            .set(ExpressionMethods::eq(wallets::balance, excluded(wallets::balance)))
            .returning(Wallet::as_returning())
            .get_result(conn)
            .unwrap();
        assert_eq!(upserted.balance, Decimal::ONE_HUNDRED);
    });
}
