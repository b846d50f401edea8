//! Kinds are fields: checked before they are sealed, found however they are spelled, and read from the column of a
//! `String`.

mod described;
mod indexed;
mod stored;

use diesel::prelude::*;
use diesel::{insert_into, update};
use encrypted_fields::EncryptedModel;
use encrypted_fields::kinds::{CardNumber, Email, FinancialData, Iban, PersonalData, Phone, Query, TaxId};

use crate::models::on_every_backend;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    customers (id) {
        id -> BigInt,
        email -> Encrypted<Text>,
        email_bidx -> Binary,
        phone -> Nullable<Encrypted<Text>>,
        phone_bidx -> Nullable<Binary>,
        tax_id -> Nullable<Encrypted<Text>>,
        tax_id_bidx -> Nullable<Binary>,
        iban -> Nullable<EncryptedText<Text>>,
        iban_bidx -> Nullable<Binary>,
        card -> Nullable<Encrypted<Text>>,
        card_bidx -> Nullable<Binary>,
        name -> Encrypted<Text>,
        terms -> Nullable<Encrypted<Text>>,
        last_query -> Nullable<Encrypted<Text>>,
    }
}

const TABLE: &str = "CREATE TABLE customers (id BIGINT PRIMARY KEY, email enc_text NOT NULL,
    email_bidx BYTEA NOT NULL UNIQUE, phone enc_text, phone_bidx BYTEA, tax_id enc_text, tax_id_bidx BYTEA,
    iban enc_text_text, iban_bidx BYTEA, card enc_text, card_bidx BYTEA, name enc_text NOT NULL, terms enc_text,
    last_query enc_text)";

#[derive(Debug, Clone, PartialEq, EncryptedModel)]
struct Customer {
    id: i64,
    #[encrypted(index = email_bidx)]
    email: Email,
    #[encrypted(index = phone_bidx)]
    phone: Option<Phone>,
    #[encrypted(index = tax_id_bidx)]
    tax_id: Option<TaxId>,
    #[encrypted(index = iban_bidx)]
    iban: Option<Iban>,
    #[encrypted(index = card_bidx)]
    card: Option<CardNumber>,
    #[encrypted]
    name: PersonalData,
    #[encrypted]
    terms: Option<FinancialData>,
    #[encrypted]
    last_query: Option<Query>,
}

/// The same columns as texts.
#[derive(Debug, Clone, PartialEq, EncryptedModel)]
#[diesel(table_name = customers)]
struct AsText {
    id: i64,
    #[encrypted(index(email_bidx, normalize = nfkc_lower))]
    email: String,
    #[encrypted(index(phone_bidx, normalize = digits))]
    phone: Option<String>,
    #[encrypted(index = tax_id_bidx)]
    tax_id: Option<String>,
    #[encrypted(index = iban_bidx)]
    iban: Option<String>,
    #[encrypted(index(card_bidx, normalize = digits))]
    card: Option<String>,
    #[encrypted]
    name: String,
    #[encrypted]
    terms: Option<String>,
    #[encrypted]
    last_query: Option<String>,
}

fn maria() -> Customer {
    Customer {
        id: 1,
        email: "Maria.Rossi@Example.COM".parse().unwrap(),
        phone: Some("+39 055 1234567".parse().unwrap()),
        tax_id: Some("rss mra 80a01 h501u".parse().unwrap()),
        iban: Some("it60 x054 2811 1010 0000 0123 456".parse().unwrap()),
        card: Some("4242-4242-4242-4242".parse().unwrap()),
        name: PersonalData::new("Maria Rossi"),
        terms: Some(FinancialData::new("30 days net")),
        last_query: Some(Query::new("shoes 38")),
    }
}

fn hans() -> Customer {
    Customer {
        id: 2,
        email: "hans@example.de".parse().unwrap(),
        phone: None,
        tax_id: None,
        iban: None,
        card: None,
        name: PersonalData::new("Hans"),
        terms: None,
        last_query: None,
    }
}
