//! A digital music shop whose database never sees an amount: filled from the Chinook facts, paid from a wallet, and
//! reconciled from decrypted values. A sum that is wrong is an error, and the exit code says so.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example prints")]

mod load;
mod models;
mod report;
mod schema;
mod shop;
#[cfg(test)]
mod tests;
mod transfers;

use std::env;
use std::process::ExitCode;

use chrono::NaiveDate;
use encrypted_fields::scope;
use encrypted_fields_migrations::{SHOP_POSTGRES, SHOP_SQLITE};
use example_support::Error;
use load::{Contents, UNPAID};
use rust_decimal::Decimal;
use shop::Shop;

/// The schema of the example in a Postgres database.
const SCHEMA: &str = "encrypted_fields_shop";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Error> {
    let facts = load::facts()?;
    let keyring = example_support::keyring("shop")?;
    scope::with(&keyring, || match env::var("DATABASE_URL") {
        Ok(url) => {
            let again = || example_support::postgres_again(&url, SCHEMA);
            tour(&mut example_support::postgres(&url, SCHEMA, SHOP_POSTGRES)?, again, &facts)
        }
        Err(_) => {
            let directory = tempfile::tempdir()?;
            let path = directory.path().join("shop.sqlite");
            let open = || example_support::sqlite(&path, SHOP_SQLITE);
            tour(&mut open()?, open, &facts)
        }
    })
}

/// Fails where a sum is wrong. `another` opens one more connection.
fn tour<S: Shop + Send>(
    shop: &mut S,
    another: impl Fn() -> Result<S, Error> + Sync,
    facts: &Contents,
) -> Result<(), Error> {
    round_trip(shop, facts)?;
    sum(shop, facts)?;
    pay_from_a_wallet(shop)?;
    two_tills(shop, another)?;
    put_an_old_balance_back(shop)?;
    let contents = shop.contents()?;
    let totals = report::reconcile(&contents)?;
    println!(
        "\nReconciled again from decrypted values: {:.2} ordered, {:.2} paid, {:.2} owed.\n",
        totals.ordered, totals.paid, totals.owed
    );
    report::print_best_customers(&contents);
    Ok(())
}

fn round_trip(shop: &mut impl Shop, facts: &Contents) -> Result<(), Error> {
    shop.fill(facts)?;
    let stored = shop.contents()?;
    if stored != *facts {
        return Err("what came back is not what was stored".into());
    }
    let totals = report::reconcile(&stored)?;
    let Contents { customers, items, orders, order_items, payments, .. } = &stored;
    println!("Stored sealed, loaded and equal:");
    println!(
        "    {} customers, {} items, {} orders of {} lines, {} payments.",
        customers.len(),
        items.len(),
        orders.len(),
        order_items.len(),
        payments.len()
    );
    println!("    Each order's total is the sum of its lines, and all of them come to {}.", totals.ordered);
    if let Some(line) = order_items.first() {
        println!("    The first line: {line:?}");
    }
    Ok(())
}

/// `SUM` has moved from the database into the application.
fn sum(shop: &mut impl Shop, facts: &Contents) -> Result<(), Error> {
    println!("\nSELECT SUM(total) FROM orders:");
    match shop.sum_in_the_database() {
        Ok(sum) => println!("    the database:    {}, for SQLite takes sealed bytes for 0", sum.unwrap_or_default()),
        Err(error) => println!("    the database:    {error}"),
    }
    let totals = shop.totals()?;
    println!("    the application: {}, over {} totals as Decimal", totals.iter().sum::<Decimal>(), totals.len());
    if totals.len() == facts.orders.len() { Ok(()) } else { Err("a total is missing".into()) }
}

fn pay_from_a_wallet(shop: &mut impl Shop) -> Result<(), Error> {
    let paid_at = NaiveDate::from_ymd_opt(2011, 12, 23).unwrap_or_default().into();
    let customer = shop.customer("MANOJ.PAREEK@rediff.com")?;
    println!("\nFound by e-mail: {}, whose order {UNPAID} is not paid.", customer.name);
    match shop.pay(UNPAID, paid_at) {
        Ok(_) => return Err("an empty wallet paid".into()),
        Err(error) => println!("    Refused, nothing was written: {error}."),
    }
    let wallet = shop.top_up(customer.id, Decimal::TEN)?;
    println!("    Topped up: the wallet holds {:.2} {}.", wallet.balance, wallet.currency);
    let payment = shop.pay(UNPAID, paid_at)?;
    println!(
        "    Paid {} on {}: wallet, balance and payment in one transaction.",
        payment.amount,
        payment.paid_at.date()
    );
    Ok(())
}

/// Optimistic locking by the wallets' counters.
fn two_tills<S: Shop + Send>(shop: &mut S, another: impl Fn() -> Result<S, Error> + Sync) -> Result<(), Error> {
    let done = transfers::at_once(shop, another)?;
    println!("\nTwo tills, {} transfers between {} wallets at once:", done.transfers, transfers::WALLETS.len());
    println!("    {} times one was late, was refused, and began again.", done.conflicts);
    println!("    No update is lost, and the sum is what it was.");
    Ok(())
}

fn put_an_old_balance_back(shop: &mut impl Shop) -> Result<(), Error> {
    let [owner, ..] = transfers::WALLETS;
    let answer = shop.old_balance_put_back(owner)?;
    if !answer.contains("authentication failed") {
        return Err("an old balance that was put back was NOT refused".into());
    }
    println!("\nA customer spends everything, and puts the old balance back in SQL:");
    println!("    {answer}");
    Ok(())
}
