//! No log, `Debug` output or error shows a plaintext, a ciphertext or a key: every way in which one could be printed is
//! taken, and searched for canaries as they are, in hex, in base64 and as lists of bytes.

mod errors;
mod kinds;
mod prints;
mod session;
mod watch;

use diesel::prelude::*;
use encrypted_fields::codec::Json;
use encrypted_fields::{Algorithm, DataKey, EncryptedModel, Keyring, Secret};
use rust_decimal::Decimal;

use crate::models::{Canary, Profile};
use watch::Watch;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    people (handle) {
        handle -> Text,
        email -> Encrypted<Text>,
        email_bidx -> Binary,
        phone -> Nullable<EncryptedText<Text>>,
        balance -> Encrypted<Numeric>,
        profile -> EncryptedText<Jsonb>,
        pin -> Encrypted<Integer>,
    }
}

const TABLE: &str = "CREATE TABLE people (handle TEXT PRIMARY KEY, email enc_text NOT NULL,
    email_bidx BYTEA NOT NULL UNIQUE, phone enc_text_text, balance enc_numeric NOT NULL,
    profile enc_jsonb_text NOT NULL, pin enc_integer NOT NULL)";

#[derive(Debug, Clone, Identifiable, EncryptedModel)]
#[diesel(table_name = people, primary_key(handle))]
#[encrypted(sealed(derive(Debug, Clone)))]
struct Person {
    handle: String,
    #[encrypted(index = email_bidx)]
    email: Secret<String>,
    #[encrypted]
    phone: Option<Secret<String>>,
    #[encrypted]
    balance: Decimal,
    #[encrypted]
    profile: Json<Profile>,
    #[encrypted]
    pin: i64,
}

const HANDLE: &str = "plain-handle-of-ada";
const EMAIL: &str = "canary.mail.7f3e@example.test";
const PHONE: &str = "+39 055 canary 1234567";
const BALANCE: &str = "314159265.35897";
const TAG: &str = "canary \"quoted\" tag è";
const PIN: i64 = 271_828_182;
const KEY: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

impl Person {
    fn ada() -> Self {
        Self {
            handle: HANDLE.into(),
            email: Secret::new(EMAIL.into()),
            phone: Some(Secret::new(PHONE.into())),
            balance: BALANCE.parse().unwrap(),
            profile: Json(Profile { tags: vec![TAG.into()], level: None, score: 0.5 }),
            pin: PIN,
        }
    }
}

fn keyring() -> Keyring {
    let key = DataKey::parse(KEY, Algorithm::Aes256Gcm).unwrap();
    Keyring::builder("test").primary(key).build().unwrap()
}

/// The plaintexts, the key as it was given, and the key that seals.
fn watch() -> Watch {
    let key: Vec<u8> = (0..KEY.len()).step_by(2).map(|at| u8::from_str_radix(&KEY[at..at + 2], 16).unwrap()).collect();
    let tink: serde_json::Value = serde_json::from_str(keyring().export_tink().expose()).unwrap();
    let serialized = tink["key"][0]["keyData"]["value"].as_str().unwrap();
    let working = <base64ct::Base64 as base64ct::Encoding>::decode_vec(serialized).unwrap();
    Watch::new(vec![
        Canary::text("the e-mail address", EMAIL),
        Canary::text("the phone", PHONE),
        Canary::text("the balance", BALANCE),
        Canary::text("the balance's mantissa", &BALANCE.replace('.', "")),
        Canary::text("the tag", TAG),
        Canary::text("the pin", &PIN.to_string()),
        Canary::text("the key's text", KEY),
        Canary::bytes("the key", &key),
        Canary::bytes("the working key", &working[working.len() - 32..]),
    ])
}
