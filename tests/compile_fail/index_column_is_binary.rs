// A token is bytes.
use encrypted_fields::EncryptedModel;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    users (id) {
        id -> BigInt,
        email -> Encrypted<Text>,
        email_bidx -> Text,
    }
}

#[derive(EncryptedModel)]
#[encrypted(only(Insertable))]
struct User {
    id: i64,
    #[encrypted(index = email_bidx)]
    email: String,
}

fn main() {}
