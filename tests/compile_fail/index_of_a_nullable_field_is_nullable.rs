// Where there is no value there is no token.
use encrypted_fields::EncryptedModel;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    users (id) {
        id -> BigInt,
        phone -> Nullable<Encrypted<Text>>,
        phone_bidx -> Binary,
    }
}

#[derive(EncryptedModel)]
struct User {
    id: i64,
    #[encrypted(index = phone_bidx)]
    phone: Option<String>,
}

fn main() {}
