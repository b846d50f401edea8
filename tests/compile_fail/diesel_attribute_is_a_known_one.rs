// A slip is not dropped silently.
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
#[diesel(tabel_name = users)]
struct User {
    id: i64,
    #[encrypted]
    #[diesel(colum_name = email)]
    email: String,
}

fn main() {}
