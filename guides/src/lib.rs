//! The code of the guides and the README, compiled and run: each block is a documentation test of this crate.
//!
//! A block that goes on from an earlier one takes what that one declared from here.

use encrypted_fields::EncryptedModel;
use encrypted_fields::codec::Json;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[cfg(doctest)]
#[doc = include_str!("../encrypt-a-model.md")]
mod encrypt_a_model {}

#[cfg(doctest)]
#[doc = include_str!("../mysql.md")]
mod mysql {}

#[cfg(doctest)]
#[doc = include_str!("../use-aws-kms.md")]
mod use_aws_kms {}

#[cfg(doctest)]
#[doc = include_str!("../use-vault.md")]
mod use_vault {}

#[cfg(doctest)]
#[doc = include_str!("../use-an-hsm.md")]
mod use_an_hsm {}

#[cfg(doctest)]
#[doc = include_str!("../erase-a-person.md")]
mod erase_a_person {}

#[cfg(doctest)]
#[doc = include_str!("../generate-keys.md")]
mod generate_keys {}

#[cfg(doctest)]
#[doc = include_str!("../rotate-a-wrapping-key.md")]
mod rotate_a_wrapping_key {}

#[cfg(doctest)]
#[doc = include_str!("../recover-when-the-kms-is-down.md")]
mod recover_when_the_kms_is_down {}

#[cfg(doctest)]
#[doc = include_str!("../troubleshooting.md")]
mod troubleshooting {}

#[cfg(doctest)]
#[doc = include_str!(concat!(env!("OUT_DIR"), "/README.md"))]
mod readme_of_the_project {}

pub mod readme;

#[allow(missing_docs)]
mod schema {
    diesel::table! {
        use diesel::sql_types::*;
        use encrypted_fields::domains::*;

        users (id) {
            id -> Uuid,
            name -> Text,
            email -> EncText,
            email_bidx -> Bytea,
            phone -> Nullable<EncText>,
            balance -> EncNumeric,
            profile -> Nullable<EncJsonb>,
        }
    }
}
pub use schema::users;

/// The guide's model.
#[derive(Debug, Clone, diesel::Identifiable, EncryptedModel)]
#[allow(missing_docs)]
pub struct User {
    pub id: Uuid,
    pub name: String,
    #[encrypted(index(email_bidx, normalize = lower))]
    pub email: String,
    #[encrypted]
    pub phone: Option<String>,
    #[encrypted]
    pub balance: Decimal,
    #[encrypted]
    pub profile: Option<Json<Profile>>,
}

/// What is sealed as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Profile {
    pub language: String,
    pub newsletter: bool,
}
