// The bound value is the one that is stored, not one that is converted on the way.
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
    #[diesel(serialize_as = i64)]
    id: i32,
    #[encrypted]
    email: String,
}

fn main() {}
