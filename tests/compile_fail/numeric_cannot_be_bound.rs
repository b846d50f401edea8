// A database may give 5.00 back for 5.
use encrypted_fields::EncryptedModel;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    users (id) {
        id -> BigInt,
        email -> Encrypted<Text>,
        rate -> Numeric,
    }
}

#[derive(EncryptedModel)]
#[encrypted(bind(id, rate))]
struct User {
    id: i64,
    rate: rust_decimal::Decimal,
    #[encrypted]
    email: String,
}

fn main() {}
