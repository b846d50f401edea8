// The description of a model is one value.
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
struct User<T> {
    id: i64,
    #[encrypted]
    email: T,
}

fn main() {}
