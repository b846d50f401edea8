//! A tax assistant's people: e-mail, phone, tax id, name and address are checked when they are made, masked when they are
//! printed, and sealed in the database, as are questions, subscriptions and invoices. What comes back wrong is an error,
//! and the exit code says so.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example prints")]

mod assistant;
mod models;
mod people;
mod schema;
#[cfg(test)]
mod tests;

use std::env;
use std::process::ExitCode;

use assistant::Assistant;
use encrypted_fields::kinds::{PersonalData, Phone, TaxId};
use encrypted_fields::model::Model;
use encrypted_fields::{EncryptedModel, set_default_keyring, write_conflict};
use encrypted_fields_migrations::{PEOPLE_POSTGRES, PEOPLE_SQLITE};
use example_support::Error;
use models::{Address, Invoice, QueryLog, Subscription, User};
use people::Contents;
use rust_decimal::Decimal;

/// The schema of the example in a Postgres database.
const SCHEMA: &str = "encrypted_fields_people";

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
    set_default_keyring(example_support::keyring("tax assistant")?);
    match env::var("DATABASE_URL") {
        Ok(url) => tour(&mut example_support::postgres(&url, SCHEMA, PEOPLE_POSTGRES)?),
        Err(_) => {
            let directory = tempfile::tempdir()?;
            tour(&mut example_support::sqlite(&directory.path().join("people.sqlite"), PEOPLE_SQLITE)?)
        }
    }
}

fn tour(assistant: &mut impl Assistant) -> Result<(), Error> {
    let people = people::contents()?;
    round_trip(assistant, &people)?;
    refused_at_the_door()?;
    find(assistant)?;
    change(assistant)?;
    attack(assistant)?;
    inventory();
    Ok(())
}

fn round_trip(assistant: &mut impl Assistant, people: &Contents) -> Result<(), Error> {
    assistant.fill(people)?;
    if assistant.contents()? != *people {
        return Err("what came back is not what was stored".into());
    }
    println!("Stored sealed, loaded and equal:");
    println!(
        "    {} users, {} questions, {} subscriptions, {} invoices.",
        people.users.len(),
        people.logs.len(),
        people.subscriptions.len(),
        people.invoices.len()
    );
    for User { email, phone, tax_id, full_name, .. } in &people.users {
        let phone = phone.as_ref().map_or_else(|| "no phone".to_owned(), ToString::to_string);
        println!("    {email}, {phone}, {tax_id}, {full_name}");
    }
    Ok(())
}

/// A wrong value does not become a field, and the message does not repeat it.
fn refused_at_the_door() -> Result<(), Error> {
    match "RSSMRA85T50D612X".parse::<TaxId>() {
        Ok(_) => Err("a tax id with a wrong check character was NOT refused".into()),
        Err(error) => {
            println!("\nA tax id with a wrong check character. Refused:\n    {error}");
            Ok(())
        }
    }
}

fn find(assistant: &mut impl Assistant) -> Result<(), Error> {
    let maria = assistant.by_email(&"maria.rossi@EXAMPLE.com".parse()?)?;
    println!("\nFound by e-mail, whatever its case: user {}, {}.", maria.id, maria.email);
    let called = assistant.by_phone(&Phone::in_country("IT", "347 123 45 67")?)?;
    let Some(mario) = called.first() else { return Err("nobody was found by phone".into()) };
    println!("Found by phone, however it is dialled: user {}.", mario.id);
    if assistant.by_tax_id(&"rssmra85t10a56nh".parse()?)?.map(|user| user.id) != Some(3) {
        return Err("nobody was found by tax id".into());
    }
    println!("Found by tax id: user 3, and not the namesake of the same birthday.");
    let stolen = assistant.paid_with(&"4242-4242-4242-4242".parse()?)?;
    println!("Paid with a stolen card: {} subscriptions.", stolen.len());
    let (logs, subscriptions, invoices) = assistant.of(&maria)?;
    let total: Decimal = invoices.iter().map(|invoice| invoice.total).sum();
    println!(
        "Stored of user {}: {} questions, {} subscription, {} invoices over {total}.",
        maria.id,
        logs.len(),
        subscriptions.len(),
        invoices.len()
    );
    if total == Decimal::new(5454, 2) { Ok(()) } else { Err("the invoices come to another sum".into()) }
}

fn change(assistant: &mut impl Assistant) -> Result<(), Error> {
    let maria = assistant.by_email(&"maria.rossi@example.com".parse()?)?;
    let address = Address { street: PersonalData::new("Via Dante 5"), ..maria.address.clone() };
    if assistant.move_to(&maria, &address)?.address != address {
        return Err("the new address did not come back".into());
    }
    println!("\nUser {} has moved; the address is one part, set by the row's handle.", maria.id);

    let (_, mut subscriptions, _) = assistant.of(&maria)?;
    let Some(first) = subscriptions.pop() else { return Err("no subscription".into()) };
    let second = first.clone();
    assistant.save(&Subscription { price: Decimal::new(1990, 2), ..first })?;
    match assistant.save(&Subscription { price: Decimal::new(990, 2), ..second }) {
        Err(error) if write_conflict(&error) => {
            println!("Two operators change one price: the second is refused, and reads again.");
            Ok(())
        }
        Err(error) => Err(error.into()),
        Ok(_) => Err("a stale price was NOT refused".into()),
    }
}

/// Whoever writes the table, but has no key.
fn attack(assistant: &mut impl Assistant) -> Result<(), Error> {
    let answer = assistant.attacked("UPDATE query_logs SET user_id = 2 WHERE id = 10")?;
    if !answer.contains("authentication failed") {
        return Err("a question that was given to another user was NOT refused".into());
    }
    println!("\nA question is given to another user. Refused:\n    {answer}");
    Ok(())
}

/// The inventory of what is personal comes from the models themselves.
fn inventory() {
    println!("\nWhat is sealed, and of which class:");
    for Model { table, columns, .. } in [User::model(), QueryLog::model(), Subscription::model(), Invoice::model()] {
        for column in columns {
            let class = column.class.map_or_else(String::new, |class| format!("{class:?}").to_lowercase());
            println!("    {:<28} {:<10} {class}", format!("{table}.{}", column.column), column.sql_type);
        }
    }
}
