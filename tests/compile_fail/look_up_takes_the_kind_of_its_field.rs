// A text that was not parsed might be spelled otherwise than the one that was indexed.
use encrypted_fields::EncryptedModel;
use encrypted_fields::kinds::Email;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    users (id) {
        id -> BigInt,
        email -> Encrypted<Text>,
        email_bidx -> Binary,
    }
}

#[derive(EncryptedModel)]
struct User {
    id: i64,
    #[encrypted(index = email_bidx)]
    email: Email,
}

fn main() {
    let _ = User::email_eq("Maria@Example.com");
}
