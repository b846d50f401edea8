// Two seals of one value differ, so no comparison finds what it looks for; with the guard it does not compile.
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
    use wallets::{balance, note};
    let _ = balance.eq(7);
    let _ = note.eq("x");
    let _ = balance.eq(balance);
    let _ = balance.ne(balance);
    let _ = balance.eq_any([balance]);
    let _ = balance.ne_all([balance]);
    let _ = balance.gt(balance);
    let _ = balance.ge(balance);
    let _ = balance.lt(balance);
    let _ = balance.le(balance);
    let _ = balance.between(balance, balance);
    let _ = balance.not_between(balance, balance);
    let _ = balance.is_distinct_from(balance);
    let _ = balance.is_not_distinct_from(balance);
    let _ = note.is(note);
    let _ = note.is_not(note);
    let _ = balance.nullable().eq(balance.nullable());
}
