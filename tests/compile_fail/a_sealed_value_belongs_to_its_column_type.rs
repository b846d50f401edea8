// The type of what is sealed is part of the value.
use diesel::prelude::*;
use encrypted_fields::SealedOf;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    users (id) {
        id -> BigInt,
        email -> Encrypted<Text>,
        balance -> Encrypted<Numeric>,
    }
}



fn swap(balance: SealedOf<users::balance>) {
    let _ = diesel::update(users::table).set(users::email.eq(balance));
}

fn main() {}
