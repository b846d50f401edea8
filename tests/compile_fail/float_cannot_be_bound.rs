// A float has several forms of one value, and a database may round it.
use encrypted_fields::EncryptedModel;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    users (id) {
        id -> BigInt,
        email -> Encrypted<Text>,
        rate -> Double,
    }
}

#[derive(EncryptedModel)]
#[encrypted(bind(id, rate))]
struct User {
    id: i64,
    rate: f64,
    #[encrypted]
    email: String,
}

fn main() {}
