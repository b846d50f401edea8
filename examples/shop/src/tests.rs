//! The arithmetic on real data, through a database.

use encrypted_fields::{scope, testing};

use super::*;
use crate::report::{Mismatch, TOTAL, Totals, reconcile};

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// A shop in a file, filled, under a key of its own.
fn filled<R>(test: impl FnOnce(&mut diesel::SqliteConnection) -> R) -> R {
    on_file(|path| {
        let mut shop = sqlite(path).unwrap();
        shop.fill(&facts()).unwrap();
        test(&mut shop)
    })
}

fn sqlite(path: &std::path::Path) -> Result<diesel::SqliteConnection, Error> {
    example_support::sqlite(path, SHOP_SQLITE)
}

fn on_file<R>(test: impl FnOnce(&std::path::Path) -> R) -> R {
    let directory = tempfile::tempdir().unwrap();
    scope::with(&testing::keyring(), || test(&directory.path().join("shop.sqlite")))
}

/// The facts, with counters that are the same each time.
fn facts() -> Contents {
    let mut facts = load::facts().unwrap();
    facts.wallets.iter_mut().for_each(|wallet| wallet.balance_version = 7_i64.into());
    facts.balances.iter_mut().for_each(|balance| balance.balance_version = 8_i64.into());
    facts
}

#[test]
fn what_is_stored_comes_back_and_its_sums_agree() {
    let stored = filled(|shop| shop.contents().unwrap());
    assert_eq!(stored, facts());
    let owed = decimal("1.99");
    assert_eq!(reconcile(&stored), Ok(Totals { ordered: TOTAL, paid: TOTAL - owed, owed }));
    assert_eq!(TOTAL, decimal("2328.60"));
}

#[test]
fn a_line_that_is_a_cent_off_is_named_by_its_order() {
    let mut facts = load::facts().unwrap();
    facts.order_items[1].unit_price += decimal("0.01");
    let found = reconcile(&facts).unwrap_err();
    assert_eq!(found, Mismatch::Order { order: 1, total: decimal("1.98"), lines: decimal("1.99") });
}

#[test]
fn an_order_that_is_missing_or_not_paid_is_noticed() {
    let mut facts = load::facts().unwrap();
    facts.payments.pop();
    assert!(matches!(reconcile(&facts), Err(Mismatch::Balance { customer: 44, .. })));

    let mut facts = load::facts().unwrap();
    facts.orders.remove(0);
    facts.payments.remove(0);
    assert_eq!(reconcile(&facts), Err(Mismatch::Total { found: decimal("2326.62") }));
}

#[test]
fn the_program_fails_on_a_wrong_sum() {
    on_file(|path| {
        let mut facts = facts();
        facts.order_items[0].quantity += 1;
        let error = tour(&mut sqlite(path).unwrap(), || sqlite(path), &facts).unwrap_err();
        assert_eq!(error.to_string(), "order 1: its total is 1.98, its lines come to 2.97");
    });
    on_file(|path| tour(&mut sqlite(path).unwrap(), || sqlite(path), &facts()).unwrap());
}

#[test]
fn an_empty_wallet_pays_nothing_and_writes_nothing() {
    filled(|shop| {
        let before = shop.contents().unwrap();
        let error = shop.pay(UNPAID, Default::default()).unwrap_err();
        assert_eq!(error.to_string(), "order 412 costs 1.99, and the wallet holds 0");
        assert_eq!(shop.contents().unwrap(), before);
    });
}

#[test]
fn a_payment_moves_the_same_amount_in_wallet_balance_and_payments() {
    filled(|shop| {
        let customer = shop.customer("Manoj.Pareek@REDIFF.com").unwrap();
        shop.top_up(customer.id, decimal("10.00")).unwrap();
        shop.pay(UNPAID, Default::default()).unwrap();
        let after = shop.contents().unwrap();
        assert_eq!(reconcile(&after), Ok(Totals { ordered: TOTAL, paid: TOTAL, owed: Decimal::ZERO }));
        let wallet = after.wallets.iter().find(|wallet| wallet.owner_id == customer.id).unwrap();
        assert_eq!(wallet.balance, decimal("8.01"));
    });
}

#[test]
fn a_wallet_does_not_follow_a_new_owner() {
    use diesel::RunQueryDsl;
    filled(|shop| {
        diesel::sql_query("UPDATE customer_wallets SET owner_id = 2, currency = 'EUR' WHERE id = 58")
            .execute(shop)
            .unwrap();
        let error = shop.contents().unwrap_err().to_string();
        assert!(
            error.contains("customer_wallets.balance [balance_version=") && error.contains("id=58 owner_id=2]"),
            "{error}"
        );
    });
}

#[test]
fn two_tills_lose_no_update() {
    on_file(|path| {
        let mut shop = sqlite(path).unwrap();
        shop.fill(&facts()).unwrap();
        assert_eq!(transfers::at_once(&mut shop, || sqlite(path)).unwrap().transfers, 1_000);
    });
}

/// What the tills meet by chance, made certain: both read, and both write.
#[test]
fn the_second_of_two_writers_is_refused() {
    use crate::models::CustomerWallet;
    use diesel::{HasQuery as _, RunQueryDsl as _, SaveChangesDsl as _};
    filled(|shop| {
        let stale: CustomerWallet = CustomerWallet::query().first(shop).unwrap();
        shop.top_up(stale.owner_id, Decimal::TEN).unwrap();
        let late = stale.save_changes::<CustomerWallet>(shop).unwrap_err();
        assert!(encrypted_fields::write_conflict(&late), "{late:?}");
    });
}

#[test]
fn an_old_balance_put_back_is_refused() {
    filled(|shop| {
        shop.top_up(1, Decimal::TEN).unwrap();
        let before = shop.contents().unwrap();
        let answer = shop.old_balance_put_back(1).unwrap();
        assert!(answer.starts_with("cannot open customer_wallets.balance [balance_version="), "{answer}");
        assert_eq!(shop.contents().unwrap(), before, "it is rolled back");
    });
}
