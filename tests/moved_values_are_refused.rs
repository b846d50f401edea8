//! Whoever can write the database, but has no key, cannot move a value: it opens in the row, column, table, schema and
//! application that it was sealed for, and nowhere else.

use diesel::prelude::*;
use diesel::result::Error;
use encrypted_fields::error::OpenReason;
use encrypted_fields::{Algorithm, DataKey, Keyring, OpenError, scope};

use crate::models::on_every_backend;
use crate::models::wallets::branch_wallets::BranchWallet;
use crate::models::wallets::old_wallets::{OldWallet, old_wallets};
use crate::models::wallets::wallets::{Wallet, wallets};
use crate::models::wallets::{TABLES, branch_wallets, other_branch_wallets};

fn opening(error: &Error) -> &OpenError {
    match error {
        Error::DeserializationError(source) => source.downcast_ref().unwrap_or_else(|| panic!("not ours: {source}")),
        other => panic!("{other}"),
    }
}

/// The error says where and under which key, and nothing of the data.
#[track_caller]
fn assert_refused<T>(result: QueryResult<T>, place: &str, keyring: &Keyring) {
    let Err(error) = result else { panic!("a moved value was opened") };
    let error = opening(&error);
    assert_eq!(error.reason(), &OpenReason::Authentication { key_id: keyring.primary_id() });
    assert_eq!(error.place().expect("a place").to_string(), place);
    let printed = format!("{error} {error:?}");
    assert!(error.to_string().starts_with(&format!("cannot open {place}: ")), "{error}");
    assert!(printed.contains(&keyring.primary_id().to_string()), "{printed}");
    for data in ["31415", "314.15", "27182", "IT60", "note of", "hint of"] {
        assert!(!printed.contains(data), "{printed}");
    }
}

macro_rules! insert_two {
    ($conn:ident) => {
        let samples = [Wallet::sample(1, 7), Wallet::sample(2, 8)];
        diesel::insert_into(wallets::table).values(&samples[..]).execute($conn).unwrap();
    };
}

macro_rules! attack {
    ($conn:ident, $sql:expr) => {
        assert_eq!(diesel::sql_query($sql).execute($conn).unwrap(), 1);
    };
}

on_every_backend! {
    fn between_rows(conn, keyring, TABLES) {
        insert_two!(conn);
        attack!(conn, "UPDATE wallets SET balance = (SELECT balance FROM wallets WHERE id = 2) WHERE id = 1");
        assert_refused(Wallet::query().filter(wallets::id.eq(1)).first(conn), "wallets.balance [id=1 owner_id=7]", keyring);
        assert_eq!(Wallet::query().filter(wallets::id.eq(2)).first(conn).unwrap(), Wallet::sample(2, 8));
        attack!(conn, "UPDATE wallets SET note = (SELECT note FROM wallets WHERE id = 1) WHERE id = 2");
        assert_refused(Wallet::query().filter(wallets::id.eq(2)).first(conn), "wallets.note [id=2 owner_id=8]", keyring);
    }

    fn between_columns(conn, keyring, TABLES) {
        insert_two!(conn);
        attack!(conn, "UPDATE wallets SET credit = balance WHERE id = 1");
        assert_refused(Wallet::query().filter(wallets::id.eq(1)).first(conn), "wallets.credit [id=1 owner_id=7]", keyring);
    }

    fn between_tables(conn, keyring, TABLES) {
        insert_two!(conn);
        attack!(conn, "INSERT INTO old_wallets SELECT * FROM wallets WHERE id = 1");
        assert_refused(OldWallet::query().first(conn), "old_wallets.balance [id=1 owner_id=7]", keyring);
        assert_eq!(old_wallets::table.count().get_result(conn), Ok(1));
    }

    fn to_another_owner(conn, keyring, TABLES) {
        insert_two!(conn);
        attack!(conn, "UPDATE wallets SET owner_id = 8 WHERE id = 1");
        assert_refused(Wallet::query().filter(wallets::id.eq(1)).first(conn), "wallets.balance [id=1 owner_id=8]", keyring);
    }

    fn to_another_id(conn, keyring, TABLES) {
        insert_two!(conn);
        attack!(conn, "UPDATE wallets SET id = 3 WHERE id = 1");
        assert_refused(Wallet::query().filter(wallets::id.eq(3)).first(conn), "wallets.balance [id=3 owner_id=7]", keyring);
    }

    fn between_applications(conn, _keyring, TABLES) {
        const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
        let of = |application| {
            let key = DataKey::parse(KEY, Algorithm::Aes256Gcm).unwrap();
            Keyring::builder(application).primary(key).build().unwrap()
        };
        let (shop, billing) = (of("shop"), of("billing"));
        scope::with(&shop, || { insert_two!(conn); });
        assert_refused(scope::with(&billing, || Wallet::query().first(conn)), "wallets.balance [id=1 owner_id=7]", &billing);
        assert!(scope::with(&shop, || Wallet::query().first(conn)).is_ok());
    }

    fn under_another_key_of_the_same_id(conn, keyring, TABLES) {
        insert_two!(conn);
        let other = encrypted_fields::testing::keyring();
        let json = other.export_tink();
        let same_id = json.expose().replace(&other.primary_id().to_string(), &keyring.primary_id().to_string());
        let impostor = Keyring::builder("test").tink(&same_id).unwrap().build().unwrap();
        assert_eq!(impostor.primary_id(), keyring.primary_id());
        assert_refused(scope::with(&impostor, || Wallet::query().first(conn)), "wallets.balance [id=1 owner_id=7]", keyring);
    }

    fn under_an_unknown_key(conn, keyring, TABLES) {
        insert_two!(conn);
        let error = scope::with(&encrypted_fields::testing::keyring(), || Wallet::query().first(conn)).unwrap_err();
        assert_eq!(opening(&error).reason(), &OpenReason::UnknownKey { key_id: keyring.primary_id() });
    }

    /// What the opt-out costs, and that it costs no more: an unbound value moves between rows, not between columns.
    fn unbound_values_move_between_rows_only(conn, keyring, TABLES) {
        insert_two!(conn);
        attack!(conn, "UPDATE wallets SET hint = (SELECT hint FROM wallets WHERE id = 2) WHERE id = 1");
        let moved = Wallet::query().filter(wallets::id.eq(1)).first(conn).unwrap();
        assert_eq!(moved, Wallet { hint: Wallet::sample(2, 8).hint, ..Wallet::sample(1, 7) });
        attack!(conn, "UPDATE wallets SET other_hint = hint WHERE id = 1");
        assert_refused(Wallet::query().filter(wallets::id.eq(1)).first(conn), "wallets.other_hint [id=1 owner_id=7]", keyring);
    }

    /// With two indexes swapped, a look-up finds the row of the attacker's choice: it must not be taken for the right one.
    fn swapped_blind_indexes(conn, _keyring, TABLES) {
        insert_two!(conn);
        let victim = Wallet::sample(1, 7).iban;
        attack!(conn, "UPDATE wallets SET iban_bidx = (SELECT iban_bidx FROM wallets WHERE id = 1) WHERE id = 2");
        attack!(conn, "UPDATE wallets SET iban_bidx = balance WHERE id = 1");
        let error = Wallet::query().filter(Wallet::iban_eq(&victim)).first(conn).unwrap_err();
        assert_eq!(opening(&error).reason(), &OpenReason::Index { column: "iban_bidx" });
        assert_eq!(opening(&error).place().unwrap().to_string(), "wallets.iban [id=2 owner_id=8]");
        assert!(!error.to_string().contains("IT60"), "{error}");
    }
}

#[test]
fn between_schemas() {
    let database = crate::harness::pg();
    let conn = &mut database.connect();
    let columns = TABLES.split_once("old_wallets").unwrap().1;
    let tables = format!(
        "CREATE SCHEMA branch; CREATE TABLE branch.branch_wallets {columns}
         CREATE SCHEMA other_branch; CREATE TABLE other_branch.other_branch_wallets {columns}
         CREATE TABLE branch_wallets {columns}"
    );
    diesel::connection::SimpleConnection::batch_execute(conn, &tables).unwrap();
    let keyring = &encrypted_fields::testing::keyring();
    scope::with(keyring, || {
        let sample = BranchWallet::sample(1, 7);
        diesel::insert_into(branch_wallets::branch_wallets::table).values(&sample).execute(conn).unwrap();
        assert_eq!(BranchWallet::query().first(conn).unwrap(), sample);
        attack!(conn, "INSERT INTO other_branch.other_branch_wallets SELECT * FROM branch.branch_wallets");
        let moved = other_branch_wallets::OtherBranchWallet::query().first(conn);
        assert_refused(moved, "other_branch.other_branch_wallets.balance [id=1 owner_id=7]", keyring);
        // The same table's name in another schema.
        attack!(conn, "INSERT INTO branch_wallets SELECT * FROM branch.branch_wallets");
        let moved = unqualified::Balance::query().first(conn);
        assert_refused(moved, "branch_wallets.balance [id=1 owner_id=7]", keyring);
    });
}

/// `branch_wallets` of the default schema.
mod unqualified {
    use encrypted_fields::EncryptedModel;

    diesel::table! {
        use diesel::sql_types::*;
        use encrypted_fields::sql_types::*;
        branch_wallets (id) {
            id -> BigInt,
            owner_id -> BigInt,
            balance -> Encrypted<Numeric>,
        }
    }

    #[derive(EncryptedModel)]
    #[diesel(table_name = branch_wallets)]
    #[encrypted(bind(id, owner_id))]
    pub(super) struct Balance {
        id: i64,
        owner_id: i64,
        #[encrypted]
        balance: rust_decimal::Decimal,
    }
}
