// What a column holds is opened by the model or by the row handle.
use diesel::prelude::*;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    users (id) {
        id -> BigInt,
        email -> Encrypted<Text>,
    }
}



fn main() -> QueryResult<()> {
    let conn = &mut SqliteConnection::establish(":memory:").unwrap();
    let _: Vec<String> = users::table.select(users::email).load(conn)?;
    Ok(())
}
