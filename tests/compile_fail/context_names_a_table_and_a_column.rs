// A pinned context is the names that a column had, in full: half a name would be another context.
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
    #[encrypted(context = "email")]
    email: String,
}

fn main() {}
