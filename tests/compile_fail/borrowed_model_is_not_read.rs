// What was opened lives nowhere but in the struct.
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
struct User<'a> {
    id: i64,
    #[encrypted]
    email: &'a str,
}

fn main() {}
