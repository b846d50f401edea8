// The names are part of what a value is bound to.
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
#[diesel(table_name = users)]
struct User(i64, #[encrypted] String);

fn main() {}
