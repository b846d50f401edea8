// A struct that is like another seals as it does, or not at all.
use encrypted_fields::EncryptedModel;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    users (id) {
        id -> BigInt,
        email -> Encrypted<Text>,
        balance -> Encrypted<Numeric>,
    }
}

#[derive(EncryptedModel)]
struct User {
    id: i64,
    #[encrypted(pad = 32)]
    email: String,
}

#[derive(EncryptedModel)]
#[diesel(table_name = users)]
#[encrypted(like = User, only(AsChangeset))]
struct UserPatch {
    id: i64,
    #[encrypted(pad = 64)]
    email: Option<String>,
    #[encrypted]
    balance: Option<i64>,
}

fn main() {}
