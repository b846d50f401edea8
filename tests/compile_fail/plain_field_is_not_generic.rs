// What names a row, and what Diesel writes as it is, is of one type.
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
    id: T,
    #[encrypted]
    email: T,
}

fn main() {}
