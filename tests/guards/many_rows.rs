//! One sealed value over many rows is refused, unless they share what it is bound to.

use super::*;
use diesel::{insert_into, update};
use rust_decimal::Decimal;

mod by_id {
    use super::*;
    wallets!([wallets][][RowBound]);
}

mod by_owner {
    use super::*;
    wallets!([wallets][bind(owner_id),][RowBound]);
}

macro_rules! over_rows {
    ($by:ident, $on:ident, $sql:expr, |$conn:ident| $body:block) => {{
        use $by::*;
        $on($sql, |$conn| {
            insert_into(wallets::table).values(&vec![wallet(1), wallet(2), wallet(3)]).execute($conn).unwrap();
            $body
        });
    }};
}

#[test]
fn rows_of_different_ids_are_refused() {
    over_rows!(by_id, on_postgres, POSTGRES, |conn| {
        refused!(conn, update(wallets::table).set(wallet(1).row().set_balance(&Decimal::ONE)).execute(conn));
        refused!(conn, update(wallets::table).set(&patch(1)).execute(conn));
        accepted!(conn, update(wallets::table.filter(wallets::slug.eq("slug 1"))).set(&patch(1)).execute(conn));
    });
    over_rows!(by_id, on_mysql, MYSQL, |conn| {
        refused!(conn, update(wallets::table).set(wallet(1).row().set_balance(&Decimal::ONE)).execute(conn));
        refused!(conn, update(wallets::table).set(&patch(1)).execute(conn));
        accepted!(conn, update(wallets::table.filter(wallets::slug.eq("slug 1"))).set(&patch(1)).execute(conn));
    });
    over_rows!(by_id, on_sqlite, SQLITE, |conn| {
        refused!(conn, update(wallets::table).set(wallet(1).row().set_balance(&Decimal::ONE)).execute(conn));
        refused!(conn, update(wallets::table).set(&patch(1)).execute(conn));
        accepted!(conn, update(wallets::table.filter(wallets::slug.eq("slug 1"))).set(&patch(1)).execute(conn));
    });
}

#[test]
fn rows_of_one_owner_take_the_value_together() {
    over_rows!(by_owner, on_postgres, POSTGRES, |conn| {
        let set = || wallet(1).row().set_balance(&Decimal::TEN);
        refused!(conn, update(wallets::table).set(set()).execute(conn));
        assert_eq!(update(wallets::table.filter(wallets::owner_id.eq(7))).set(set()).execute(conn), Ok(2));
        let balances: Vec<Decimal> =
            Wallet::query().order(wallets::id).load(conn).unwrap().iter().map(|wallet| wallet.balance).collect();
        assert_eq!(balances, [Decimal::TEN, Decimal::TWO, Decimal::TEN]);
    });
    over_rows!(by_owner, on_mysql, MYSQL, |conn| {
        let set = || wallet(1).row().set_balance(&Decimal::TEN);
        refused!(conn, update(wallets::table).set(set()).execute(conn));
        assert_eq!(update(wallets::table.filter(wallets::owner_id.eq(7))).set(set()).execute(conn), Ok(2));
    });
    over_rows!(by_owner, on_sqlite, SQLITE, |conn| {
        let set = || wallet(1).row().set_balance(&Decimal::TEN);
        refused!(conn, update(wallets::table).set(set()).execute(conn));
        assert_eq!(update(wallets::table.filter(wallets::owner_id.eq(7))).set(set()).execute(conn), Ok(2));
    });
}

/// A plain column of many rows is nobody's concern; NULL needs no guard where it is written without the row handle.
#[test]
fn plain_columns_of_many_rows_are_written() {
    over_rows!(by_id, on_postgres, POSTGRES, |conn| {
        assert_eq!(update(wallets::table).set(wallets::label.eq("all")).execute(conn), Ok(3));
        assert_eq!(wallets::table.load::<Wallet>(conn).unwrap().len(), 3);
    });
}

/// `excluded` and a bare sealed value are the two writes that Diesel lets through without a guard. They cannot pass a
/// value off as another row's: it does not open there.
#[test]
fn what_diesel_writes_without_a_guard_does_not_open_in_another_row() {
    over_rows!(by_id, on_postgres, POSTGRES, |conn| {
        let meets_two = Wallet { slug: wallet(2).slug, ..changed(4) };
        insert_into(wallets::table)
            .values(&meets_two)
            .on_conflict(wallets::slug)
            .do_update()
            .set(wallets::balance.eq(diesel::upsert::excluded(wallets::balance)))
            .execute(conn)
            .unwrap();
        let error = wallets::table.find(2).first::<Wallet>(conn).unwrap_err();
        assert!(error.to_string().contains("wallets.balance [id=2]: authentication failed"), "{error}");

        let sealed: SealedWallet = wallets::table.find(1).first(conn).unwrap();
        update(wallets::table.find(3)).set(wallets::balance.eq(&sealed.balance)).execute(conn).unwrap();
        wallets::table.find(3).first::<Wallet>(conn).unwrap_err();
        assert_eq!(wallets::table.find(1).first::<Wallet>(conn).unwrap(), wallet(1));
    });
}

/// The guard sees the row as it was, so a bound column that the same statement changes goes past it. Nothing opens under
/// the new owner: the row is lost to its readers, not given away.
#[test]
fn a_bound_column_changed_beside_a_setter_leaves_a_value_that_does_not_open() {
    over_rows!(by_owner, on_postgres, POSTGRES, |conn| {
        let set = (wallets::owner_id.eq(9), wallet(1).row().set_balance(&Decimal::TEN));
        assert_eq!(update(wallets::table.find(1)).set(set).execute(conn), Ok(1));
        let error = wallets::table.find(1).first::<Wallet>(conn).unwrap_err();
        assert!(error.to_string().contains("authentication failed"), "{error}");
    });
}
