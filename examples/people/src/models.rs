//! What the assistant knows of people: checked when it is made, masked when it is printed, sealed when it is stored.

use chrono::NaiveDate;
use diesel::prelude::*;
use encrypted_fields::codec::Json;
use encrypted_fields::kinds::{CardNumber, Email, Iban, PersonalData, Phone, Query, TaxId};
use encrypted_fields::{EncryptedModel, Version};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::schema::{invoices, query_logs, subscriptions, users};

/// A taxpayer. `Debug` shows nothing of any kind's value, so a user may be logged.
#[derive(Debug, Clone, PartialEq, Identifiable, EncryptedModel)]
pub(crate) struct User {
    pub(crate) id: i64,
    pub(crate) created_on: NaiveDate,
    #[encrypted(index = email_bidx)]
    pub(crate) email: Email,
    #[encrypted(index = phone_bidx)]
    pub(crate) phone: Option<Phone>,
    #[encrypted(index = tax_id_bidx)]
    pub(crate) tax_id: TaxId,
    /// Padded: a short name is somebody's.
    #[encrypted(pad = 32)]
    pub(crate) full_name: PersonalData,
    #[encrypted(part)]
    pub(crate) address: Address,
}

#[derive(Debug, Clone, PartialEq, EncryptedModel)]
#[diesel(table_name = users)]
#[encrypted(part)]
pub(crate) struct Address {
    #[encrypted(pad = 32)]
    pub(crate) street: PersonalData,
    #[encrypted(pad = 16)]
    pub(crate) postal_code: PersonalData,
    #[encrypted(pad = 32)]
    pub(crate) city: PersonalData,
    /// Plain, because invoices are counted by country.
    pub(crate) country: String,
}

/// What a user asked, and was told.
#[derive(Debug, Clone, PartialEq, Identifiable, Associations, EncryptedModel)]
#[diesel(belongs_to(User))]
#[encrypted(bind(id, user_id))]
pub(crate) struct QueryLog {
    pub(crate) id: i64,
    pub(crate) user_id: i64,
    pub(crate) asked_on: NaiveDate,
    #[encrypted(pad = padme)]
    pub(crate) question: Query,
    #[encrypted(pad = padme)]
    pub(crate) answer: Option<PersonalData>,
}

#[derive(Debug, Clone, PartialEq, Identifiable, Associations, EncryptedModel)]
#[diesel(belongs_to(User))]
#[encrypted(bind(id, user_id))]
pub(crate) struct Subscription {
    pub(crate) id: i64,
    pub(crate) user_id: i64,
    pub(crate) plan: String,
    pub(crate) state: String,
    /// Two operators who change a price at once do not overwrite each other.
    #[encrypted(version = price_version, class = financial)]
    pub(crate) price: Decimal,
    pub(crate) price_version: Version,
    #[encrypted]
    pub(crate) iban: Option<Iban>,
    #[encrypted(index = card_bidx)]
    pub(crate) card: Option<CardNumber>,
    #[encrypted]
    pub(crate) renews_on: NaiveDate,
}

/// An invoice keeps the name and address of its day.
#[derive(Debug, Clone, PartialEq, Identifiable, Associations, EncryptedModel)]
#[diesel(belongs_to(User))]
#[encrypted(bind(id, user_id))]
pub(crate) struct Invoice {
    pub(crate) id: i64,
    pub(crate) user_id: i64,
    pub(crate) number: String,
    pub(crate) issued_on: NaiveDate,
    #[encrypted(class = financial)]
    pub(crate) net: Decimal,
    #[encrypted(class = financial)]
    pub(crate) vat: Decimal,
    #[encrypted(class = financial)]
    pub(crate) total: Decimal,
    #[encrypted(pad = 256, class = personal)]
    pub(crate) billed_to: Json<BilledTo>,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct BilledTo {
    pub(crate) name: String,
    pub(crate) lines: Vec<String>,
}

/// A name and an address: nothing for a log.
impl std::fmt::Debug for BilledTo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BilledTo(..)")
    }
}
