//! The Chinook facts as rows of the shop. They are compiled in, so the program runs from any directory.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use encrypted_fields::Version;
use encrypted_fields::codec::Json;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::models::{Address, Customer, CustomerWallet, Item, Order, OrderItem, Payment, ShopBalance};
use example_support::Error;

/// What the tables hold: as read from the files on the way in, as decrypted on the way back.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Contents {
    pub(crate) items: Vec<Item>,
    pub(crate) customers: Vec<Customer>,
    pub(crate) balances: Vec<ShopBalance>,
    pub(crate) wallets: Vec<CustomerWallet>,
    pub(crate) orders: Vec<Order>,
    pub(crate) order_items: Vec<OrderItem>,
    pub(crate) payments: Vec<Payment>,
}

/// The last order, which the facts leave to be paid.
pub(crate) const UNPAID: i32 = 412;

/// Reads the facts. Every order but [`UNPAID`] is paid, and every wallet is empty.
pub(crate) fn facts() -> Result<Contents, Error> {
    let tracks: Vec<Track> = read(include_str!("../data/tracks.csv"))?;
    let people: Vec<Person> = read(include_str!("../data/customers.csv"))?;
    let invoices: Vec<Invoice> = read(include_str!("../data/invoices.csv"))?;
    let lines: Vec<Line> = read(include_str!("../data/invoice_lines.csv"))?;

    let mut owed: BTreeMap<i32, Decimal> = people.iter().map(|person| (person.id, Decimal::ZERO)).collect();
    let (unpaid, paid): (Vec<_>, Vec<_>) = invoices.iter().partition(|invoice| invoice.id == UNPAID);
    for invoice in unpaid {
        *owed.entry(invoice.customer).or_default() += invoice.total;
    }
    let balance = |(&customer_id, &balance)| ShopBalance {
        id: customer_id,
        customer_id,
        balance,
        balance_version: Version::new(),
    };
    let wallet = |&owner_id: &i32| CustomerWallet {
        id: owner_id,
        owner_id,
        balance: Decimal::ZERO,
        balance_version: Version::new(),
        currency: "USD".into(),
    };

    Ok(Contents {
        balances: owed.iter().map(balance).collect(),
        wallets: owed.keys().map(wallet).collect(),
        payments: paid.into_iter().map(Invoice::payment).collect(),
        items: tracks.into_iter().map(Track::item).collect(),
        customers: people.into_iter().map(Person::customer).collect(),
        orders: invoices.into_iter().map(Invoice::order).collect(),
        order_items: lines.into_iter().map(Line::order_item).collect(),
    })
}

fn read<T: DeserializeOwned>(text: &str) -> Result<Vec<T>, csv::Error> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().collect()
}

#[derive(Deserialize)]
struct Track {
    id: i32,
    name: String,
    #[serde(with = "rust_decimal::serde::str")]
    unit_price: Decimal,
}

impl Track {
    fn item(self) -> Item {
        Item { id: self.id, name: self.name, price: self.unit_price }
    }
}

#[derive(Deserialize)]
struct Person {
    id: i32,
    firstname: String,
    lastname: String,
    email: String,
}

impl Person {
    fn customer(self) -> Customer {
        Customer { id: self.id, name: format!("{} {}", self.firstname, self.lastname), email: self.email }
    }
}

#[derive(Deserialize)]
struct Invoice {
    id: i32,
    customer: i32,
    invoicedate: DateTime<Utc>,
    billingaddress: Option<String>,
    billingcity: Option<String>,
    billingcountry: Option<String>,
    #[serde(with = "rust_decimal::serde::str")]
    total: Decimal,
}

impl Invoice {
    fn payment(&self) -> Payment {
        Payment { id: self.id, order_id: self.id, amount: self.total, paid_at: self.invoicedate.naive_utc() }
    }

    fn order(self) -> Order {
        let address = Address { street: self.billingaddress, city: self.billingcity, country: self.billingcountry };
        Order { id: self.id, customer_id: self.customer, total: self.total, billing_address: Json(address) }
    }
}

#[derive(Deserialize)]
struct Line {
    id: i32,
    invoice: i32,
    track: i32,
    #[serde(with = "rust_decimal::serde::str")]
    unit_price: Decimal,
    quantity: i64,
}

impl Line {
    fn order_item(self) -> OrderItem {
        let Self { id, invoice, track, unit_price, quantity } = self;
        OrderItem { id, order_id: invoice, item_id: track, unit_price, quantity }
    }
}
