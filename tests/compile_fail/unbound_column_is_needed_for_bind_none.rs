// Giving up the binding is written where everybody sees it: in the schema.
use encrypted_fields::EncryptedModel;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    users (id) {
        id -> BigInt,
        email -> Encrypted<Text>,
        hint -> Encrypted<Text, Unbound>,
    }
}

#[derive(EncryptedModel)]
#[encrypted(bind = none)]
struct User {
    id: i64,
    #[encrypted]
    email: String,
    #[encrypted]
    hint: String,
}

fn main() {}
