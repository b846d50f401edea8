// The token is computed from the value, whatever the field holds.
use encrypted_fields::EncryptedModel;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    users (id) {
        id -> BigInt,
        email -> Encrypted<Text>,
        email_bidx -> Binary,
    }
}

#[derive(EncryptedModel)]
struct User {
    id: i64,
    #[encrypted(index = email_bidx)]
    email: String,
    email_bidx: Vec<u8>,
}

fn main() {}
