// NULL is not an empty string.
use encrypted_fields::EncryptedModel;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    users (id) {
        id -> BigInt,
        email -> Nullable<Encrypted<Text>>,
    }
}

#[derive(EncryptedModel)]
struct User {
    id: i64,
    #[encrypted]
    email: String,
}

fn main() {}
