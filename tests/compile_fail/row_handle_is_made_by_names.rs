// Two ids swap silently by position, so a row is named by its fields.
use encrypted_fields::EncryptedModel;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    users (id) {
        id -> BigInt,
        email -> Encrypted<Text>,
        owner_id -> BigInt,
    }
}

#[derive(EncryptedModel)]
#[encrypted(bind(id, owner_id))]
struct User {
    id: i64,
    owner_id: i64,
    #[encrypted]
    email: String,
}

fn main() {
    let _ = UserRow(1, 2).set_email("a@b.c");
}
