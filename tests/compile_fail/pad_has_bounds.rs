// A block of nothing pads to no length.
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
    #[encrypted(pad = 0)]
    email: String,
}

fn main() {}
