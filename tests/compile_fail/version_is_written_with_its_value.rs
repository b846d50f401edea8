// What is not written with its value is not the counter that the value was sealed under.
use encrypted_fields::EncryptedModel;
use encrypted_fields::Version;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    wallets (id) {
        id -> BigInt,
        balance -> Encrypted<Numeric>,
        balance_version -> BigInt,
        credit -> Encrypted<Numeric>,
    }
}

#[derive(EncryptedModel)]
struct Wallet {
    id: i64,
    #[encrypted(version = balance_version)]
    balance: rust_decimal::Decimal,
    #[diesel(skip_insertion)]
    balance_version: Version,
}

fn main() {}
