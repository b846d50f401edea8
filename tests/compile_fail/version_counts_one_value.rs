// A write of one value would move the counter of the other, which then does not open.
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
    balance_version: Version,
    #[encrypted(version = balance_version)]
    credit: rust_decimal::Decimal,
}

fn main() {}
