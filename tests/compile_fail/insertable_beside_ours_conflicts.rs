// Diesel's own derive would write the fields as they are.
use encrypted_fields::EncryptedModel;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    users (id) {
        id -> BigInt,
        email -> Encrypted<Text>,
    }
}

#[derive(diesel::Insertable, EncryptedModel)]
struct User {
    id: i64,
    #[encrypted]
    email: String,
}

fn main() {}
