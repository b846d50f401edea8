// A part of plain fields is Diesel's `embed`.
use encrypted_fields::EncryptedModel;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    users (id) {
        id -> BigInt,
        tenant_id -> BigInt,
        email -> Encrypted<Text>,
        street -> Encrypted<Text>,
        street_bidx -> Binary,
    }
}

struct Address {
    street: String,
}

#[derive(EncryptedModel)]
struct User {
    id: i64,
    #[encrypted]
    email: String,
    #[encrypted(part)]
    address: Address,
}

fn main() {}
