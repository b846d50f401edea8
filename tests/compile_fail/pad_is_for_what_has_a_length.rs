// A number is sealed at a fixed width: padding would hide nothing.
use encrypted_fields::EncryptedModel;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    users (id) {
        id -> BigInt,
        email -> Encrypted<Text>,
        balance -> Encrypted<Numeric>,
    }
}

#[derive(EncryptedModel)]
struct User {
    id: i64,
    #[encrypted(pad = 32)]
    balance: i64,
}

fn main() {}
