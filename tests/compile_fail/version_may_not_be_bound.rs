// A counter changes with every write, so it does not name a row.
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
#[encrypted(bind(id, balance_version))]
struct Wallet {
    id: i64,
    #[encrypted(version = balance_version)]
    balance: rust_decimal::Decimal,
    balance_version: Version,
}

fn main() {}
