// `only` chooses among the traits of this derive.
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
#[encrypted(only(Insertable, Associations))]
struct User {
    id: i64,
    #[encrypted]
    email: String,
}

fn main() {}
