// The schema and the model must agree on what is encrypted.
use encrypted_fields::EncryptedModel;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    users (id) {
        id -> BigInt,
        email -> Text,
    }
}

#[derive(EncryptedModel)]
#[encrypted(only(Insertable))]
struct User {
    id: i64,
    #[encrypted]
    email: String,
}

fn main() {}
