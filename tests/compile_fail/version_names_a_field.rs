// The counter is bound to the value, so a struct that reads or writes one has the other.
use encrypted_fields::EncryptedModel;

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
}

fn main() {}
