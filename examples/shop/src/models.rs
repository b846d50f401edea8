//! The shop's tables: every amount is encrypted, and bound to what says whose it is.

use chrono::NaiveDateTime;
use diesel::Identifiable;
use encrypted_fields::codec::Json;
use encrypted_fields::{EncryptedModel, Version};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::schema::{customer_wallets, customers, items, order_items, orders, payments, shop_balances};

/// Something the shop sells.
#[derive(Debug, Clone, PartialEq, Identifiable, EncryptedModel)]
#[diesel(table_name = items)]
pub(crate) struct Item {
    pub(crate) id: i32,
    pub(crate) name: String,
    #[encrypted]
    pub(crate) price: Decimal,
}

#[derive(Debug, Clone, PartialEq, Identifiable, EncryptedModel)]
#[diesel(table_name = customers)]
pub(crate) struct Customer {
    pub(crate) id: i32,
    pub(crate) name: String,
    /// Found by its blind index, whatever the case.
    #[encrypted(index(email_bidx, normalize = lower))]
    pub(crate) email: String,
}

/// What a customer owes the shop: the orders less the payments.
#[derive(Debug, Clone, PartialEq, Identifiable, EncryptedModel)]
#[diesel(table_name = shop_balances)]
#[encrypted(bind(id, customer_id))]
pub(crate) struct ShopBalance {
    pub(crate) id: i32,
    pub(crate) customer_id: i32,
    #[encrypted(version = balance_version)]
    pub(crate) balance: Decimal,
    pub(crate) balance_version: Version,
}

/// Money that a customer has paid in. Bound to its owner too: bound to its id alone, the wallet could be handed to
/// somebody else by an UPDATE of `owner_id`.
#[derive(Debug, Clone, PartialEq, Identifiable, EncryptedModel)]
#[diesel(table_name = customer_wallets)]
#[encrypted(bind(id, owner_id))]
pub(crate) struct CustomerWallet {
    pub(crate) id: i32,
    pub(crate) owner_id: i32,
    /// Two tills that change it at once do not lose a payment: see `transfers`.
    #[encrypted(version = balance_version)]
    pub(crate) balance: Decimal,
    pub(crate) balance_version: Version,
    pub(crate) currency: String,
}

#[derive(Debug, Clone, PartialEq, Identifiable, EncryptedModel)]
#[diesel(table_name = orders)]
#[encrypted(bind(id, customer_id))]
pub(crate) struct Order {
    pub(crate) id: i32,
    pub(crate) customer_id: i32,
    #[encrypted]
    pub(crate) total: Decimal,
    /// Any shape that serde can write, sealed as JSON.
    #[encrypted]
    pub(crate) billing_address: Json<Address>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Address {
    pub(crate) street: Option<String>,
    pub(crate) city: Option<String>,
    pub(crate) country: Option<String>,
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Identifiable, EncryptedModel)]
#[diesel(table_name = order_items)]
#[encrypted(bind(id, order_id, item_id))]
pub(crate) struct OrderItem {
    pub(crate) id: i32,
    pub(crate) order_id: i32,
    pub(crate) item_id: i32,
    #[encrypted]
    pub(crate) unit_price: Decimal,
    /// The column is an INTEGER; any Rust integer that holds the value exactly reads it.
    #[encrypted]
    pub(crate) quantity: i64,
}

impl OrderItem {
    pub(crate) fn amount(&self) -> Decimal {
        self.unit_price * Decimal::from(self.quantity)
    }
}

#[derive(Debug, Clone, PartialEq, Identifiable, EncryptedModel)]
#[diesel(table_name = payments)]
#[encrypted(bind(id, order_id))]
pub(crate) struct Payment {
    pub(crate) id: i32,
    pub(crate) order_id: i32,
    #[encrypted]
    pub(crate) amount: Decimal,
    #[encrypted]
    pub(crate) paid_at: NaiveDateTime,
}
