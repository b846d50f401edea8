// Nobody compiles once a mistake.
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
#[encrypted(bnd(id), only(Insert))]
struct User {
    name: String,
    #[encrypted(indx = email_bidx, pad = 0)]
    email: String,
}

fn main() {}
