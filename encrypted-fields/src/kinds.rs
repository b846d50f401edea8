//! Kinds: fields that are checked when they are made, masked when they are printed, and indexed the right way.
//!
//! A `String` takes anything and shows it to every log. A kind is a text of one sort:
//!
//! ```
//! use encrypted_fields::kinds::{Email, Iban};
//!
//! let email = Email::new("Maria.Rossi@Example.com")?;
//! assert_eq!(email.to_string(), "M***@example.com");
//! assert_eq!(format!("{email:?}"), "Email(..)");
//! assert_eq!(email.expose(), "Maria.Rossi@example.com");
//!
//! let error = Iban::new("IT60 X054 2811 1010 0000 0123 457").unwrap_err();
//! assert!(error.to_string().starts_with("not an IBAN: its check digits are wrong, "));
//! # Ok::<(), encrypted_fields::kinds::KindError>(())
//! ```
//!
//! | kind | checked by | kept as | printed as | [class](Class) | index |
//! |---|---|---|---|---|---|
//! | [`Email`] | RFC 5321, 5322 and 6531 | local part as entered, domain in lower case | `m***@example.com` | personal | [`NfkcLower`](Normalize::NfkcLower) |
//! | `Phone` (feature `phone`) | E.164 and the country's numbering plan | `+390551234567` | `+39 *** *** 67` | personal | [`Digits`](Normalize::Digits) |
//! | [`TaxId`] | check characters of the codice fiscale and the EU's VAT numbers | upper case, no separators | `IT *** 1U` | personal | exact |
//! | [`Iban`] | ISO 13616: mod 97, and the registry's form of each country | upper case, no spaces | `IT60 **** 3456` | financial | exact |
//! | [`CardNumber`] | ISO/IEC 7812: length and Luhn digit | digits | `**** **** **** 4242` | financial | [`Digits`](Normalize::Digits) |
//! | [`PersonalData`], [`Query`] | nothing | as entered | `***` | personal | exact |
//! | [`FinancialData`] | nothing | as entered | `***` | financial | exact |
//!
//! # As a model's fields
//!
//! A kind is a Rust side of `Encrypted<Text>`, and `#[encrypted(index = ..)]` takes its normalization:
//!
//! ```
//! use diesel::prelude::*;
//! use encrypted_fields::kinds::{Email, Iban};
//! use encrypted_fields::{Class, EncryptedModel, scope, testing};
//!
//! diesel::table! {
//!     use diesel::sql_types::*;
//!     use encrypted_fields::sql_types::*;
//!     users (id) {
//!         id -> BigInt,
//!         email -> Encrypted<Text>,
//!         email_bidx -> Binary,
//!         iban -> Nullable<Encrypted<Text>>,
//!     }
//! }
//!
//! #[derive(EncryptedModel)]
//! struct User {
//!     id: i64,
//!     #[encrypted(index = email_bidx)]
//!     email: Email,
//!     #[encrypted]
//!     iban: Option<Iban>,
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! assert_eq!(User::model().columns[0].class, Some(Class::Personal));
//! # #[cfg(feature = "sqlite")]
//! scope::with(&testing::keyring(), || -> Result<(), Box<dyn std::error::Error>> {
//!     # let conn = &mut SqliteConnection::establish(":memory:")?;
//!     # diesel::sql_query("CREATE TABLE users (id BIGINT PRIMARY KEY, email BLOB, email_bidx BLOB, iban BLOB)")
//!     #     .execute(conn)?;
//!     let maria = User { id: 1, email: "maria@example.com".parse()?, iban: None };
//!     diesel::insert_into(users::table).values(&maria).execute(conn)?;
//!     let found = User::query().filter(User::email_eq(&"Maria@Example.COM".parse()?)).first(conn)?;
//!     assert_eq!(found.email, maria.email);
//!     Ok(())
//! })?;
//! # Ok(()) }
//! ```
//!
//! - **What is stored** is the text as it is kept, with the codec of `Text`: a `String` field reads the same column. Of
//!   what was typed nothing else remains.
//! - **A look-up takes the kind**, not a `&str`: `email_eq("Maria@Example.com")` does not compile, and what was parsed
//!   finds its row however it was spelled. Two values are equal with `==` exactly where they have one token.
//! - **Another struct over the column** with a `String` field writes the normalization out, as in
//!   `index(email_bidx, normalize = nfkc_lower)`: a token names its normalization, and one that is computed
//!   otherwise is refused when the row is loaded, and [`model::check`](crate::model::check) finds it at start-up.
//!   `like = User` takes over what is written, not what a type brings: give the field the same kind. Written out beside
//!   a kind, a normalization replaces the kind's own.
//! - **Opening checks less than making.** A stored value must have the kind's form and check digits, but not be in
//!   today's lists: numbering plans and registries change, and what was stored stays readable.
//!
//! # What a kind keeps to itself
//!
//! `Debug` shows nothing, `Display` the mask, errors say what is wrong without the value. There is no `Serialize`, as
//! for [`Secret`]: a response that would carry the value does not compile; send `to_string()` for the
//! mask, or `expose()` where the value is meant. `Deserialize` checks. No `ToSql`: it goes into no plain column. The
//! text is wiped on drop, and so is the `String` it was made of; not the copies that parsers keep on the stack.
//!
//! A mask is for a person who knows the value already: a mail's domain or a name of few letters can tell who it is.
//! A type of your own brings its class and normalization by [`EncodePlain`].

mod card_number;
mod email;
mod error;
mod iban;
mod kind;
mod luhn;
#[cfg(feature = "phone")]
mod phone;
mod private_text;
mod tax_id;

pub use card_number::CardNumber;
pub use email::Email;
pub use error::{Kind, KindError, Problem};
pub use iban::Iban;
#[cfg(feature = "phone")]
pub use phone::Phone;
pub use private_text::{FinancialData, PersonalData, Query};
pub use tax_id::TaxId;

#[cfg(doc)]
use crate::{class::Class, codec::EncodePlain, normalize::Normalize, secret::Secret};

/// Upper case without what people put between the groups of a number: spaces, dots, dashes, slashes.
fn squeezed(text: &str) -> zeroize::Zeroizing<String> {
    let kept = text.chars().filter(|c| !is_separator(*c)).map(|c| c.to_ascii_uppercase());
    let mut squeezed = zeroize::Zeroizing::new(String::with_capacity(text.len()));
    squeezed.extend(kept);
    squeezed
}

/// With the spaces that word processors write: no-break and narrow no-break.
fn is_separator(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '.' | '-' | '/')
}

#[cfg(test)]
mod tests;
