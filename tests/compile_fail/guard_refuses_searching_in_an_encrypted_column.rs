// The database cannot look into what it cannot read.
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
    let _ = wallets::note.like("%x%");
    let _ = wallets::note.not_like("%x%");
    let _ = wallets::note.ilike("%x%");
    let _ = wallets::note.not_ilike("%x%");
    let _ = wallets::note.similar_to("x");
    let _ = wallets::note.not_similar_to("x");
}
