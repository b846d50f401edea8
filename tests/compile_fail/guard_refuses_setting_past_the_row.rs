// A value set past the row's handle carries no guard of its row: it would land in a row where it does not open.
use diesel::prelude::*;
use encrypted_fields::guard::*;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    wallets (id) {
        id -> BigInt,
        owner_id -> BigInt,
        balance -> Encrypted<Numeric>,
        note -> Nullable<EncryptedText<Text>>,
    }
}

fn set(sealed: &encrypted_fields::SealedOf<wallets::balance>) {
    let _ = diesel::update(wallets::table).set(wallets::balance.eq(sealed));
    let _ = diesel::update(wallets::table).set(wallets::balance.eq(diesel::upsert::excluded(wallets::balance)));
}

fn main() {}
