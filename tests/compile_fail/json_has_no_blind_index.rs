// One JSON value has many texts, so equal values would have different tokens.
use encrypted_fields::EncryptedModel;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    users (id) {
        id -> BigInt,
        profile -> Encrypted<Jsonb>,
        profile_bidx -> Binary,
    }
}

#[derive(EncryptedModel)]
struct User {
    id: i64,
    #[encrypted(index = profile_bidx)]
    profile: serde_json::Value,
}

fn main() {}
