// As with Diesel.
use encrypted_fields::EncryptedModel;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    users (id) {
        id -> BigInt,
        email -> Encrypted<Text>,
    }
}

#[derive(EncryptedModel)]
#[diesel(base_query = users::table.order(users::id))]
struct User {
    id: i64,
    #[encrypted]
    email: String,
}

fn main() {}
