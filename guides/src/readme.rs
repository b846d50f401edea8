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

#[cfg(test)]
mod tests {
    use super::*;

    const README: &str = include_str!("../../README.md");
    const TROUBLESHOOTING: &str = include_str!("../troubleshooting.md");

    /// The lines between a heading and the next one.
    fn section(heading: &'static str) -> impl Iterator<Item = &'static str> {
        let lines = README.lines().skip_while(move |line| *line != heading).skip(1);
        lines.take_while(|line| !line.starts_with("## "))
    }

    #[test]
    fn the_attack_ends_with_the_message_that_is_shown() {
        let conn = &mut filled().unwrap();
        let attack = "UPDATE users SET balance = (SELECT balance FROM users WHERE id = 1) WHERE id = 2";
        assert!(section("## One attack, refused").any(|line| line.contains(attack)));
        diesel::sql_query(attack).execute(conn).unwrap();

        let message = User::query().filter(users::id.eq(2)).first(conn).unwrap_err().to_string();
        let shown = section("## One attack, refused").skip_while(|line| *line != "```text").skip(1);
        let shown: Vec<_> = shown.take_while(|line| *line != "```").collect();
        let without_key_id = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "");
        assert_eq!(without_key_id(&message), without_key_id(&shown.join(" ")));
    }

    #[test]
    fn the_commonest_messages_are_those_of_the_troubleshooting_guide() {
        let guide = TROUBLESHOOTING.replace('`', "");
        let cells = section("## Troubleshooting").filter_map(|line| line.strip_prefix("| `")?.split(" |").next());
        let messages: Vec<_> = cells.map(|cell| cell.replace('`', "").replace("..", "…")).collect();
        assert_eq!(messages.len(), 5);
        for message in messages {
            assert!(guide.contains(message.trim_end_matches('…')), "{message}");
        }
    }
}
