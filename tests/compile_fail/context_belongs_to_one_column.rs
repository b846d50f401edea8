// Two columns with one context: whoever writes the table could exchange their values.
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
#[encrypted(bind(id))]
struct User {
    id: i64,
    #[encrypted(context = "users.mail")]
    email: String,
    #[encrypted(context = "users.mail")]
    balance: i64,
}

fn main() {}
