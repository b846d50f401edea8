// Without a row to bind to, the columns of a part are Unbound in the schema as well.
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
    #[encrypted]
    street: String,
}

#[derive(EncryptedModel)]
#[encrypted(bind = none)]
struct User {
    #[encrypted(part)]
    address: Address,
}

fn main() {}
