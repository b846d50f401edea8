// A struct of another table has another context.
use encrypted_fields::EncryptedModel;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    users (id) {
        id -> BigInt,
        email -> Encrypted<Text>,
        balance -> Encrypted<Numeric>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    accounts (id) {
        id -> BigInt,
        email -> Encrypted<Text>,
    }
}

#[derive(EncryptedModel)]
struct User {
    id: i64,
    #[encrypted]
    email: String,
}

#[derive(EncryptedModel)]
#[diesel(table_name = accounts)]
#[encrypted(like = User, only(AsChangeset))]
struct UserPatch {
    id: i64,
    #[encrypted]
    email: Option<String>,
}

fn main() {}
