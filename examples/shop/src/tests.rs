//! The arithmetic on real data, through a database.

use encrypted_fields::{scope, testing};

use super::*;
use crate::report::{Mismatch, TOTAL, Totals, reconcile};

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// A shop in memory, filled, under a key of its own.
fn filled<R>(test: impl FnOnce(&mut diesel::SqliteConnection) -> R) -> R {
    scope::with(&testing::keyring(), || {
        let mut shop = database::sqlite().unwrap();
        shop.fill(&load::facts().unwrap()).unwrap();
        test(&mut shop)
    })
}

#[test]
fn what_is_stored_comes_back_and_its_sums_agree() {
    let stored = filled(|shop| shop.contents().unwrap());
    assert_eq!(stored, load::facts().unwrap());
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
    scope::with(&testing::keyring(), || {
        let mut facts = load::facts().unwrap();
        facts.order_items[0].quantity += 1;
        let error = tour(&mut database::sqlite().unwrap(), &facts).unwrap_err();
        assert_eq!(error.to_string(), "order 1: its total is 1.98, its lines come to 2.97");
        tour(&mut database::sqlite().unwrap(), &load::facts().unwrap()).unwrap();
    });
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
        assert!(error.contains("customer_wallets.balance [id=58 owner_id=2]"), "{error}");
    });
}
