// `Json<T>` is for what serde can write and read.
use encrypted_fields::EncryptedModel;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    users (id) {
        id -> BigInt,
        profile -> Encrypted<Jsonb>,
    }
}

struct Profile;

#[derive(EncryptedModel)]
struct User {
    id: i64,
    #[encrypted]
    profile: encrypted_fields::codec::Json<Profile>,
}

fn main() {}
