// Two seals of one value differ, so the comparison would find nothing; `User::email_eq` asks a blind index.
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
    let _ = users::table.filter(users::email.eq("a@b.c"));
}
