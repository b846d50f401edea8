//! The main job: seal a user's fields, see what the database holds, find and update the user, see what is refused.

mod database;
mod print;
mod schema;

use diesel::prelude::*;
use diesel::{sql_query, sql_types::Binary};
use encrypted_fields::{Algorithm, DataKey, EncryptedModel, KeyError, Keyring, Version, set_default_keyring};
use rust_decimal::Decimal;
use schema::users;

#[derive(Debug, Identifiable, EncryptedModel)]
struct User {
    id: i64, // the primary key: a sealed value opens in the row it was sealed for, and in no other
    name: String,
    #[encrypted(index(email_bidx, normalize = lower))]
    email: String,
    #[encrypted]
    phone: Option<String>,
    #[encrypted(version = version)]
    balance: Decimal,
    version: Version, // every write of the balance moves it on
}

fn main() -> Result<(), print::Error> {
    let kept = std::env::var_os("ENCRYPTION_KEY").is_some();
    let keyring = if kept { Keyring::from_env("ENCRYPTION_KEY").application("quickstart")? } else { new_keyring()? };
    print::key(kept, keyring.primary_id());
    set_default_keyring(keyring);
    match std::env::var("DATABASE_URL") {
        Ok(url) => on_postgres(&mut database::postgres(&url)?),
        Err(_) => on_sqlite(&mut database::sqlite()?),
    }
}

fn new_keyring() -> Result<Keyring, KeyError> {
    Keyring::builder("quickstart").primary(DataKey::generate(Algorithm::Aes256Gcm)?).build()
}

/// One function a database, because Diesel's queries have the type of their connection.
macro_rules! tour {
    ($name:ident, $connection:ty) => {
        fn $name(conn: &mut $connection) -> Result<(), print::Error> {
            let (email, phone, version) = ("Ada@example.com".into(), Some("+44-20-7946-0018".into()), Version::new());
            let ada = User { id: 1, name: "Ada".into(), email, phone, balance: "1250.00".parse()?, version };
            let (email, phone, version) = ("bob@example.com".into(), None, Version::new());
            let bob = User { id: 2, name: "Bob".into(), email, phone, balance: "0.07".parse()?, version };
            diesel::insert_into(users::table).values(&vec![ada, bob]).execute(conn)?;
            let old = sql_query("SELECT * FROM users WHERE id = 1").get_result::<print::Raw>(conn)?;
            print::stored("Ada's e-mail, as the database holds it", &old.email)?;
            let ada = User::query().filter(User::email_eq("ada@example.com")).first(conn)?;
            print::user("Found by e-mail", &ada);
            let balance = ada.row().set_balance(&"1199.50".parse()?);
            diesel::update(&ada).set((users::name.eq("Ada L."), balance)).execute(conn)?;
            let mut ada = User::query().filter(users::id.eq(1)).first(conn)?;
            ada.phone = Some("+44-20-7946-0999".into());
            print::user("Updated through the row handle, then as a whole", &ada.save_changes(conn)?);
            let raw = sql_query("SELECT * FROM users WHERE id = 1").get_result::<print::Raw>(conn)?;
            for (what, column, id, bytes) in [
                ("one bit of Ada's e-mail flipped", "email", 1, print::flipped(&raw.email)),
                ("Ada's balance copied into Bob's row", "balance", 2, raw.balance),
                ("Ada's balance of before put back", "balance", 1, old.balance),
                ("Ada's phone copied into her e-mail", "email", 1, raw.phone),
            ] {
                let attack = sql_query(format!("UPDATE users SET {column} = $1 WHERE id = {id}"));
                let read = conn.transaction(|conn| {
                    attack.bind::<Binary, _>(bytes).execute(conn)?;
                    User::query().filter(users::id.eq(id)).first(conn) // an error: the attack is rolled back
                });
                print::refused(what, read)?;
            }
            let sealed = SealedUser::query().filter(users::id.eq(1)).first(conn)?;
            print::refused("Ada's row, opened with another key", sealed.open(&new_keyring()?))
        }
    };
}
tour!(on_sqlite, SqliteConnection);
tour!(on_postgres, PgConnection);
