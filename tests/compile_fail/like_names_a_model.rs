// What is not a model has nothing to be like.
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

struct Account;

#[derive(EncryptedModel)]
#[encrypted(like = Account)]
struct User {
    id: i64,
    #[encrypted]
    email: String,
}

fn main() {}
