//! What the README's blocks take from each other.

pub use diesel::prelude::*;
pub use encrypted_fields::{EncryptedModel, Keyring, set_default_keyring};
pub use rust_decimal::Decimal;

use encrypted_fields::testing;
pub use schema::users;

#[allow(missing_docs)]
pub mod schema {
    diesel::table! {
        use diesel::sql_types::*;
        use encrypted_fields::sql_types::*;

        users (id) {
            id -> BigInt,
            name -> Text,
            email -> Encrypted<Text>,
            email_bidx -> Binary,
            phone -> Nullable<Encrypted<Text>>,
            balance -> Encrypted<Numeric>,
        }
    }
}

/// The README's model.
#[derive(Debug, Identifiable, EncryptedModel)]
#[allow(missing_docs)]
pub struct User {
    pub id: i64,
    pub name: String,
    #[encrypted(index(email_bidx, normalize = lower))]
    pub email: String,
    #[encrypted]
    pub phone: Option<String>,
    #[encrypted]
    pub balance: Decimal,
}

/// The README's table on SQLite, in memory, and a keyring.
///
/// # Errors
/// Those of SQLite.
pub fn empty() -> Result<SqliteConnection, Box<dyn std::error::Error>> {
    set_default_keyring(testing::keyring());
    let mut conn = SqliteConnection::establish(":memory:")?;
    diesel::sql_query(
        "CREATE TABLE users (id BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, email BLOB NOT NULL,
         email_bidx BLOB NOT NULL UNIQUE, phone BLOB, balance BLOB NOT NULL)",
    )
    .execute(&mut conn)?;
    Ok(conn)
}

/// The same, with the two rows that the README inserts.
///
/// # Errors
/// Those of SQLite.
pub fn filled() -> Result<SqliteConnection, Box<dyn std::error::Error>> {
    let mut conn = empty()?;
    let user = |id, name: &str, balance: &str| -> Result<User, Box<dyn std::error::Error>> {
        let email = format!("{name}@example.com").to_lowercase();
        Ok(User { id, name: name.into(), email, phone: None, balance: balance.parse()? })
    };
    diesel::insert_into(users::table)
        .values(&vec![user(1, "Ada", "1250.00")?, user(2, "Bob", "0.07")?])
        .execute(&mut conn)?;
    Ok(conn)
}
