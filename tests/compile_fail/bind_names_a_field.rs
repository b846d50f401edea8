// `bind` names fields of the struct: their values are part of what is sealed.
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
#[encrypted(bind(id, owner_id))]
struct User {
    id: i64,
    #[encrypted]
    email: String,
}

fn main() {}
