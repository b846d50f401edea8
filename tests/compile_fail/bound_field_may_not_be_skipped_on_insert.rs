// An id that the database makes is not known when the values are sealed.
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
    #[diesel(skip_insertion)]
    id: i64,
    #[encrypted]
    email: String,
}

fn main() {}
