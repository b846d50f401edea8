// The key scope is a value of the row.
use encrypted_fields::EncryptedModel;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    users (id) {
        id -> BigInt,
        email -> Encrypted<Text>,
    }
}

#[derive(EncryptedModel)]
#[encrypted(key = tenant_id)]
struct User {
    id: i64,
    #[encrypted]
    email: String,
}

fn main() {}
