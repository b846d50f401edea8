// The same behind a type alias, where only the compiler sees it.
use encrypted_fields::EncryptedModel;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    users (id) {
        id -> BigInt,
        email -> Encrypted<Text>,
        owner_id -> Nullable<BigInt>,
    }
}

type Maybe<T> = Option<T>;

#[derive(EncryptedModel)]
#[encrypted(bind(id, owner_id))]
struct User {
    id: i64,
    owner_id: Maybe<i64>,
    #[encrypted]
    email: String,
}

fn main() {}
