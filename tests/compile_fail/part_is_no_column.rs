// A part is no column, and is there in every row.
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
struct User {
    id: i64,
    #[encrypted(part)]
    address: Option<Address>,
    #[encrypted(part)]
    #[diesel(column_name = other)]
    other: Address,
    #[encrypted(part, index = street_bidx)]
    third: Address,
}

fn main() {}
