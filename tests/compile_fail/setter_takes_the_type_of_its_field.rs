// A setter is as typed as the field.
use encrypted_fields::EncryptedModel;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    users (id) {
        id -> BigInt,
        balance -> Encrypted<Numeric>,
    }
}

#[derive(EncryptedModel)]
struct User {
    id: i64,
    #[encrypted]
    balance: rust_decimal::Decimal,
}

fn main() {
    let _ = UserRow { id: 1 }.set_balance("5.00");
}
