// Plaintext bytes, or bytes of unknown origin, do not get into an encrypted column.
use diesel::prelude::*;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    users (id) {
        id -> BigInt,
        email -> Encrypted<Text>,
    }
}



fn main() {
    let _ = diesel::update(users::table).set(users::email.eq(b"plaintext".to_vec()));
}
