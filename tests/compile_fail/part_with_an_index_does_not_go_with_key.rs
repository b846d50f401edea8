// A look-up by a part's index does not know the key column of the model, and would find nothing.
use diesel::prelude::*;
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

#[derive(EncryptedModel)]
#[diesel(table_name = users)]
#[encrypted(part)]
struct Address {
    #[encrypted(index = street_bidx)]
    street: String,
}

#[derive(EncryptedModel)]
#[encrypted(key = tenant_id)]
struct User {
    id: i64,
    tenant_id: i64,
    #[encrypted(part)]
    address: Address,
}

fn main() {}
