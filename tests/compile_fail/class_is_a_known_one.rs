// The description knows three classes.
use encrypted_fields::EncryptedModel;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    patients (id) {
        id -> BigInt,
        diagnosis -> Encrypted<Text>,
    }
}

#[derive(EncryptedModel)]
struct Patient {
    id: i64,
    #[encrypted(class = health)]
    diagnosis: String,
}

fn main() {
    let _ = PatientRow { id: 1 };
}
