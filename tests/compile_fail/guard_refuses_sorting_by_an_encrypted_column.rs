// Sealed bytes are random, and so would the order be.
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

fn main() {
    let _ = wallets::table.order(wallets::balance.asc());
    let _ = wallets::table.order((wallets::id, wallets::note.desc()));
}
