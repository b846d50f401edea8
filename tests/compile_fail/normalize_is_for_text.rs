// Numbers have one form already.
use encrypted_fields::EncryptedModel;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    users (id) {
        id -> BigInt,
        pin -> Encrypted<Integer>,
        pin_bidx -> Binary,
    }
}

#[derive(EncryptedModel)]
struct User {
    id: i64,
    #[encrypted(index(pin_bidx, normalize = lower))]
    pin: i32,
}

fn main() {}
