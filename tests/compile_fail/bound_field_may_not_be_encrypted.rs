// Nothing is bound to a value that is not known before it is opened.
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
#[encrypted(bind(id, email))]
struct User {
    id: i64,
    #[encrypted]
    email: String,
}

fn main() {}
