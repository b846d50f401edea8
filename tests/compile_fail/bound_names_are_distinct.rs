// Two bound columns under one name in the context: their values could be exchanged.
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
    wallets (id) {
        id -> BigInt,
        #[sql_name = "owner_id"]
        holder -> BigInt,
        balance -> Encrypted<Numeric>,
    }
}

#[derive(EncryptedModel)]
#[encrypted(bind(id = "owner_id", holder))]
struct Wallet {
    id: i64,
    holder: i64,
    #[encrypted]
    balance: i64,
}

fn main() {}
