// A sealed form was sealed under the counter that it holds, and a write needs the next one.
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
}

fn save(sealed: &SealedWallet) {
    let _ = diesel::update(wallets::table).set(sealed);
}

fn main() {}
