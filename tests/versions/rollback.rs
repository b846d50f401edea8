//! Somebody who writes the table puts an earlier value back.

use super::*;
use diesel::{delete, insert_into, update};
use encrypted_fields::SealedOf;

on_each_backend! {
    an_earlier_value_does_not_open_beside_todays_counter: |conn| {
        let rich = Wallet { balance: Decimal::ONE_HUNDRED, ..wallet(1) };
        insert_into(wallets::table).values(&rich).execute(conn).unwrap();
        let then = stored!(conn, 1);
        let poor = Wallet { balance: Decimal::ZERO, ..rich };
        let now: Wallet = poor.save_changes(conn).unwrap();

        update(wallets::table.find(1)).set(wallets::balance.eq(&then.balance)).execute(conn).unwrap();
        let error = wallets::table.find(1).first::<Wallet>(conn).unwrap_err().to_string();
        let counter: i64 = now.balance_version.into();
        let place = format!("cannot open wallets.balance [balance_version={counter} id=1 owner_id=7]: authentication failed");
        assert!(error.contains(&place), "{error}");
    }

    /// What the counter does not stop, and SECURITY.md says.
    whoever_puts_the_counter_back_as_well_puts_the_value_back: |conn| {
        let rich = Wallet { balance: Decimal::ONE_HUNDRED, ..wallet(1) };
        insert_into(wallets::table).values(&rich).execute(conn).unwrap();
        let then = stored!(conn, 1);
        Wallet { balance: Decimal::ZERO, ..rich }.save_changes::<Wallet>(conn).unwrap();
        let pair = (wallets::balance.eq(&then.balance), wallets::balance_version.eq(then.balance_version));
        update(wallets::table.find(1)).set(pair).execute(conn).unwrap();
        assert_eq!(loaded!(conn, 1).balance, Decimal::ONE_HUNDRED);
    }

    a_value_of_a_deleted_row_does_not_open_in_its_successor: |conn| {
        insert_into(wallets::table).values(&Wallet { balance: Decimal::ONE_HUNDRED, ..wallet(1) }).execute(conn).unwrap();
        let then: SealedOf<wallets::balance> = wallets::table.select(wallets::balance).first(conn).unwrap();
        delete(wallets::table).execute(conn).unwrap();
        insert_into(wallets::table).values(&wallet(1)).execute(conn).unwrap();
        update(wallets::table.find(1)).set(wallets::balance.eq(&then)).execute(conn).unwrap();
        wallets::table.find(1).first::<Wallet>(conn).unwrap_err();
    }

    /// Two values of one row with one counter value are still two: the column and the counter's name are bound.
    a_value_does_not_open_under_the_counter_of_another: |conn| {
        let version = Version::new();
        let one = Wallet { balance_version: version, note_version: version, ..wallet(1) };
        insert_into(wallets::table).values(&one).execute(conn).unwrap();
        let sealed = stored!(conn, 1);
        let other = WalletRow { id: 1, owner_id: 7, balance_version: version.next(), note_version: version };
        other.open_balance(&sealed.balance).unwrap_err();
        assert_eq!(other.open_note(&sealed.note).unwrap().as_deref(), Some("note 1"));
    }
}
