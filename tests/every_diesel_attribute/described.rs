//! The model's description, as later jobs and a manifest read it.

use super::*;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    crm.contacts (id) {
        id -> BigInt,
        tenant_id -> Uuid,
        email -> Encrypted<Text>,
        email_bidx -> Binary,
        phone -> Nullable<EncryptedText<Text>>,
        score -> Encrypted<Double, Unbound>,
    }
}

#[derive(EncryptedModel)]
#[encrypted(bind(tenant_id, id), key = tenant_id)]
#[allow(dead_code)]
struct Contact {
    id: i64,
    tenant_id: uuid::Uuid,
    #[encrypted(index(email_bidx, normalize = lower))]
    email: String,
    #[encrypted]
    phone: Option<String>,
    #[encrypted(class = special)]
    score: f64,
}

#[test]
fn as_json() {
    let expected = serde_json::json!({
        "name": "Contact",
        "schema": "crm",
        "table": "contacts",
        "primary_key": ["id"],
        "bind": [{"column": "id", "class": "integer"}, {"column": "tenant_id", "class": "uuid"}],
        "key": {"column": "tenant_id", "class": "uuid"},
        "columns": [
            {
                "column": "email", "sql_type": "text", "class": null, "text": false, "nullable": false, "row_bound": true,
                "index": {"column": "email_bidx", "normalize": "lower"}, "version": null,
            },
            {
                "column": "phone", "sql_type": "text", "class": null, "text": true, "nullable": true, "row_bound": true,
                "index": null, "version": null,
            },
            {
                "column": "score", "sql_type": "double", "class": "special", "text": false, "nullable": false, "row_bound": false,
                "index": null, "version": null,
            },
        ],
    });
    assert_eq!(serde_json::to_value(Contact::model()).unwrap(), expected);
}
