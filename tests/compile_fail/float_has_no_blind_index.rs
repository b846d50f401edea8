// 0 and -0 are equal and have different bytes.
use encrypted_fields::EncryptedModel;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    users (id) {
        id -> BigInt,
        rate -> Encrypted<Double>,
        rate_bidx -> Binary,
    }
}

#[derive(EncryptedModel)]
struct User {
    id: i64,
    #[encrypted(index = rate_bidx)]
    rate: f64,
}

fn main() {}
