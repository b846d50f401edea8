//! `COPY` on Postgres: models and sealed rows in, 10,000 at once, and out again.

use crate::harness;
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::{copy_from, copy_to, sql_query, update};
use encrypted_fields::{EncryptedModel, scope, testing};
use rust_decimal::Decimal;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::domains::*;
    wallets (id) {
        id -> BigInt,
        owner_id -> BigInt,
        label -> Nullable<Text>,
        email -> EncText,
        email_bidx -> Bytea,
        balance -> EncNumeric,
        note -> Nullable<EncTextText>,
        note_bidx -> Nullable<Bytea>,
        hint -> EncTextUnbound,
    }
}

const SQL: &str = "CREATE TABLE wallets (
    id BIGINT PRIMARY KEY, owner_id BIGINT NOT NULL, label TEXT, email enc_text NOT NULL, email_bidx BYTEA NOT NULL UNIQUE,
    balance enc_numeric NOT NULL, note enc_text_text, note_bidx BYTEA, hint enc_text_unbound NOT NULL)";

/// `COPY` has no DEFAULT for a single row, so a `None` is written as NULL.
#[derive(Debug, Clone, PartialEq, EncryptedModel)]
#[diesel(treat_none_as_default_value = false)]
#[encrypted(bind(id, owner_id))]
struct Wallet {
    id: i64,
    owner_id: i64,
    label: Option<String>,
    #[encrypted(index(email_bidx, normalize = lower))]
    email: String,
    #[encrypted]
    balance: Decimal,
    #[encrypted(index = note_bidx)]
    note: Option<String>,
    #[encrypted]
    hint: String,
}

fn wallet(id: i64) -> Wallet {
    let (label, note) = ((id % 3 == 0).then(|| format!("label {id}")), (id % 2 == 0).then(|| format!("note {id}")));
    Wallet {
        id,
        owner_id: id % 7,
        label,
        email: format!("W{id}@x.y"),
        balance: Decimal::new(id, 2),
        note,
        hint: "h".into(),
    }
}

fn with(test: impl FnOnce(&mut PgConnection)) {
    let database = harness::pg();
    let conn = &mut database.connect();
    conn.batch_execute(SQL).unwrap();
    scope::with(&testing::keyring(), || test(conn));
}

#[test]
fn ten_thousand_models_are_copied_in_and_open() {
    with(|conn| {
        let wallets: Vec<_> = (1..=10_000).map(wallet).collect();
        assert_eq!(copy_from(wallets::table).from_insertable(&wallets).execute(conn), Ok(10_000));
        assert_eq!(Wallet::query().order(wallets::id).load(conn).unwrap(), wallets);
        assert_eq!(Wallet::query().filter(Wallet::email_eq("w4711@X.y")).load(conn).unwrap(), [wallet(4711)]);
        assert_eq!(Wallet::query().filter(Wallet::note_eq("note 4712")).load(conn).unwrap(), [wallet(4712)]);
    });
}

#[test]
fn copied_values_are_bound_to_their_rows() {
    with(|conn| {
        copy_from(wallets::table).from_insertable(vec![wallet(1), wallet(2)]).execute(conn).unwrap();
        let moved = "UPDATE wallets SET balance = (SELECT balance FROM wallets WHERE id = 1) WHERE id = 2";
        sql_query(moved).execute(conn).unwrap();
        let error = Wallet::query().filter(wallets::id.eq(2)).first(conn).unwrap_err().to_string();
        assert!(error.starts_with("cannot open wallets.balance [id=2 owner_id=2]: authentication failed"), "{error}");
        let row = WalletRow { id: 1, owner_id: 1 };
        assert_eq!(update(wallets::table.find(1)).set(row.set_balance(&Decimal::ONE)).execute(conn), Ok(1));
    });
}

#[test]
fn sealed_rows_are_copied_in() {
    with(|conn| {
        let keyring = encrypted_fields::current_keyring().unwrap();
        let sealed: Vec<SealedWallet> = (1..=100).map(|id| wallet(id).seal(&keyring).unwrap()).collect();
        assert_eq!(copy_from(wallets::table).from_insertable(&sealed).execute(conn), Ok(100));
        let expected: Vec<_> = (1..=100).map(wallet).collect();
        assert_eq!(Wallet::query().order(wallets::id).load(conn).unwrap(), expected);

        // From table to table, as they are.
        let sealed = SealedWallet::query().load(conn).unwrap();
        sql_query("DELETE FROM wallets").execute(conn).unwrap();
        assert_eq!(copy_from(wallets::table).from_insertable(sealed).execute(conn), Ok(100));
        assert_eq!(Wallet::query().order(wallets::id).load(conn).unwrap(), expected);
    });
}

#[test]
fn what_cannot_be_sealed_is_not_copied() {
    with(|conn| {
        // A thread of its own has no keyring in scope.
        let error = std::thread::scope(|threads| {
            let copy =
                || copy_from(wallets::table).from_insertable(vec![wallet(1), wallet(2)]).execute(conn).unwrap_err();
            threads.spawn(copy).join().unwrap()
        });
        assert!(error.to_string().contains("cannot seal wallets.email [id=1 owner_id=1]: no keyring"), "{error}");
        assert_eq!(wallets::table.count().get_result(conn), Ok(0));
    });
}

/// Without a NULL, after which Diesel 2.3.14 takes every further column of the row for NULL, and once a connection, which it
/// leaves in the middle of the command. Neither has to do with the columns' types.
#[test]
fn rows_are_copied_out_and_opened() {
    with(|conn| {
        let wallets: Vec<_> = (1..=50).map(|i| wallet(6 * i)).collect();
        copy_from(wallets::table).from_insertable(&wallets).execute(conn).unwrap();
        let back = copy_to(wallets::table).load::<Wallet, _>(conn).unwrap().collect::<QueryResult<Vec<_>>>();
        assert_eq!(sorted(back.unwrap()), wallets);
    });
    with(|conn| {
        copy_from(wallets::table).from_insertable(vec![wallet(6), wallet(12)]).execute(conn).unwrap();
        let sealed = copy_to(wallets::table).load::<SealedWallet, _>(conn).unwrap().collect::<QueryResult<Vec<_>>>();
        let keyring = encrypted_fields::current_keyring().unwrap();
        let opened = sealed.unwrap().into_iter().map(|sealed| sealed.open(&keyring).unwrap()).collect();
        assert_eq!(sorted(opened), [wallet(6), wallet(12)]);
    });
}

fn sorted(mut wallets: Vec<Wallet>) -> Vec<Wallet> {
    wallets.sort_by_key(|wallet| wallet.id);
    wallets
}
