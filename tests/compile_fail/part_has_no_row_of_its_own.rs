// A part has no row of its own: what names one, or counts its writes, belongs to the model.
use encrypted_fields::EncryptedModel;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    users (id) {
        id -> BigInt,
        tenant_id -> BigInt,
        email -> Encrypted<Text>,
        street -> Encrypted<Text>,
        street_bidx -> Binary,
    }
}

#[derive(EncryptedModel)]
#[diesel(table_name = users)]
#[encrypted(part, bind(tenant_id), key = tenant_id)]
struct Address {
    tenant_id: i64,
    #[encrypted(version = street_version)]
    street: String,
    street_version: encrypted_fields::Version,
}

fn main() {}
