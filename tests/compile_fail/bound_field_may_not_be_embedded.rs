// An embedded struct is several columns.
use encrypted_fields::EncryptedModel;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    users (id) {
        id -> BigInt,
        email -> Encrypted<Text>,
        owner_id -> BigInt,
    }
}

#[derive(diesel::AsChangeset, diesel::Insertable, diesel::Queryable, diesel::QueryableByName, diesel::Selectable)]
#[diesel(table_name = users)]
struct Owner {
    owner_id: i64,
}

#[derive(EncryptedModel)]
#[encrypted(bind(id, owner))]
struct User {
    id: i64,
    #[diesel(embed)]
    owner: Owner,
    #[encrypted]
    email: String,
}

fn main() {}
