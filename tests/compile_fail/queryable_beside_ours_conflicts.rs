// Diesel's own derive would read the fields as they are.
use encrypted_fields::EncryptedModel;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    users (id) {
        id -> BigInt,
        email -> Encrypted<Text>,
    }
}

#[derive(diesel::Queryable, EncryptedModel)]
struct User {
    id: i64,
    #[encrypted]
    email: String,
}

fn main() {}
