//! The arithmetic that the database cannot do any more, over decrypted values.

use std::collections::HashMap;

use rust_decimal::Decimal;

use crate::load::Contents;

/// What all the orders of the Chinook facts come to.
pub(crate) const TOTAL: Decimal = Decimal::from_parts(232_860, 0, 0, false, 2);

/// Sums that were found to agree.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Totals {
    pub(crate) ordered: Decimal,
    pub(crate) paid: Decimal,
    pub(crate) owed: Decimal,
}

/// Sums that do not agree.
#[derive(Debug, PartialEq, thiserror::Error)]
pub(crate) enum Mismatch {
    #[error("order {order}: its total is {total}, its lines come to {lines}")]
    Order { order: i32, total: Decimal, lines: Decimal },
    #[error("customer {customer}: the balance says {balance}, orders less payments are {computed}")]
    Balance { customer: i32, balance: Decimal, computed: Decimal },
    #[error("all orders come to {found}, not to {TOTAL}")]
    Total { found: Decimal },
}

/// Checks that each order's total is the sum of its lines, each balance what its customer ordered and did not pay, and
/// all the totals the sum that is known.
pub(crate) fn reconcile(contents: &Contents) -> Result<Totals, Mismatch> {
    let lines = sums(contents.order_items.iter().map(|line| (line.order_id, line.amount())));
    for order in &contents.orders {
        let lines = lines.get(&order.id).copied().unwrap_or_default();
        if order.total != lines {
            return Err(Mismatch::Order { order: order.id, total: order.total, lines });
        }
    }
    let paid = sums(contents.payments.iter().map(|payment| (payment.order_id, payment.amount)));
    let owed = sums(
        contents
            .orders
            .iter()
            .map(|order| (order.customer_id, order.total - paid.get(&order.id).copied().unwrap_or_default())),
    );
    for balance in &contents.balances {
        let computed = owed.get(&balance.customer_id).copied().unwrap_or_default();
        if balance.balance != computed {
            return Err(Mismatch::Balance { customer: balance.customer_id, balance: balance.balance, computed });
        }
    }
    let ordered = contents.orders.iter().map(|order| order.total).sum();
    if ordered != TOTAL {
        return Err(Mismatch::Total { found: ordered });
    }
    let paid = contents.payments.iter().map(|payment| payment.amount).sum();
    let owed = contents.balances.iter().map(|balance| balance.balance).sum();
    Ok(Totals { ordered, paid, owed })
}

/// `SUM(..) GROUP BY ..`
fn sums(amounts: impl Iterator<Item = (i32, Decimal)>) -> HashMap<i32, Decimal> {
    let mut sums = HashMap::new();
    for (key, amount) in amounts {
        *sums.entry(key).or_default() += amount;
    }
    sums
}

/// The five customers who ordered most: `ORDER BY SUM(total) DESC LIMIT 5`.
pub(crate) fn print_best_customers(contents: &Contents) {
    let ordered = sums(contents.orders.iter().map(|order| (order.customer_id, order.total)));
    let owed: HashMap<_, _> = contents.balances.iter().map(|it| (it.customer_id, it.balance)).collect();
    let wallets: HashMap<_, _> = contents.wallets.iter().map(|it| (it.owner_id, it.balance)).collect();
    let mut customers: Vec<_> = contents.customers.iter().collect();
    customers.sort_by_key(|it| (std::cmp::Reverse(ordered.get(&it.id)), it.id));
    let of = |amounts: &HashMap<i32, Decimal>, id| amounts.get(&id).copied().unwrap_or_default();

    println!("{:<24} {:>9} {:>9} {:>9}", "customer", "ordered", "owes", "wallet");
    for customer in customers.into_iter().take(5) {
        let [ordered, owed, wallet] = [&ordered, &owed, &wallets].map(|amounts| of(amounts, customer.id));
        println!("{:<24} {ordered:>9.2} {owed:>9.2} {wallet:>9.2}", customer.name);
    }
    let all = |amounts: &HashMap<i32, Decimal>| amounts.values().sum::<Decimal>();
    let everybody = format!("all {}", contents.customers.len());
    println!("{everybody:<24} {:>9.2} {:>9.2} {:>9.2}", all(&ordered), all(&owed), all(&wallets));
}
