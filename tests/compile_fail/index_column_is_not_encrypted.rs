// The database compares tokens, so they are stored as they are.
use encrypted_fields::EncryptedModel;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    users (id) {
        id -> BigInt,
        email -> Encrypted<Text>,
        phone -> Encrypted<Text>,
    }
}

#[derive(EncryptedModel)]
struct User {
    id: i64,
    #[encrypted(index = phone)]
    email: String,
    #[encrypted]
    phone: String,
}

fn main() {}
