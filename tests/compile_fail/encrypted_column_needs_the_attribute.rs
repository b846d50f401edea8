// A forgotten `#[encrypted]` does not compile, rather than writing plaintext.
use encrypted_fields::EncryptedModel;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    users (id) {
        id -> BigInt,
        email -> Encrypted<Text>,
        phone -> Encrypted<Text>,
    }
}

#[derive(EncryptedModel)]
struct User {
    id: i64,
    #[encrypted]
    email: String,
    phone: String,
}

fn main() {}
