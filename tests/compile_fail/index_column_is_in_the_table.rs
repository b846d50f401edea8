// A blind index is a column of the same table.
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
struct User {
    id: i64,
    #[encrypted(index = email_bidx)]
    email: String,
}

fn main() {}
