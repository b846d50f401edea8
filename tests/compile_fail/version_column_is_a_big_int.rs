// 63 random bits need a BIGINT, and a counter is never NULL.
use encrypted_fields::EncryptedModel;
use encrypted_fields::Version;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    wallets (id) {
        id -> BigInt,
        balance -> Encrypted<Numeric>,
        balance_version -> Nullable<BigInt>,
        credit -> Encrypted<Numeric>,
    }
}

#[derive(EncryptedModel)]
struct Wallet {
    id: i64,
    #[encrypted(version = balance_version)]
    balance: rust_decimal::Decimal,
    balance_version: Version,
}

fn main() {}
