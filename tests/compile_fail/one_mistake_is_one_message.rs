// What follows from a mistake is not reported beside it.
use diesel::prelude::*;
use encrypted_fields::EncryptedModel;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    users (id) {
        id -> BigInt,
        name -> Text,
        email -> Encrypted<Text>,
        email_bidx -> Binary,
    }
}

#[derive(EncryptedModel)]
struct User {
    name: String,
    #[encrypted(index = email_bidx)]
    email: String,
}

fn main() -> QueryResult<()> {
    let conn = &mut SqliteConnection::establish(":memory:").unwrap();
    let user = User { name: "n".into(), email: "a@b.c".into() };
    diesel::insert_into(users::table).values(&user).execute(conn)?;
    let _: Vec<User> = User::query().filter(User::email_eq("a@b.c")).load(conn)?;
    let _: Vec<User> = users::table.select(User::as_select()).load(conn)?;
    let _: Vec<SealedUser> = SealedUser::query().load(conn)?;
    Ok(())
}
