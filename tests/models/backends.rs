//! One test body, run on Postgres with the `enc_*` domains and on SQLite.

/// Writes each function as two tests, `name::postgres` and `name::sqlite`. The body runs in the scope of a keyring of
/// its own, which it may name as well.
macro_rules! on_every_backend {
    ($($(#[$attr:meta])* fn $name:ident($conn:ident, $keyring:ident, $tables:expr) $body:block)*) => {$(
        $(#[$attr])*
        mod $name {
            #[allow(unused_imports)]
            use super::*;
            #[allow(unused_imports)]
            use diesel::prelude::*;

            #[test]
            fn postgres() {
                let database = crate::harness::pg();
                let $conn = &mut database.connect();
                diesel::connection::SimpleConnection::batch_execute($conn, $tables).expect("the tables");
                let $keyring = &encrypted_fields::testing::keyring();
                encrypted_fields::scope::with($keyring, || $body);
            }

            #[test]
            fn sqlite() {
                let database = crate::harness::sqlite();
                let $conn = &mut database.connect();
                let tables = crate::models::ddl_for_sqlite($tables);
                diesel::connection::SimpleConnection::batch_execute($conn, &tables).expect("the tables");
                let $keyring = &encrypted_fields::testing::keyring();
                encrypted_fields::scope::with($keyring, || $body);
            }
        }
    )*};
}
pub(crate) use on_every_backend;

/// The same tables where there are no domains: `enc_numeric` is BLOB, `enc_numeric_text` is TEXT, BYTEA is BLOB.
pub fn ddl_for_sqlite(postgres: &str) -> String {
    let word = |word: &str| match word {
        "BYTEA" => "BLOB".to_owned(),
        word if word.starts_with("enc_") => {
            let sql_type = word.trim_start_matches("enc_").trim_end_matches("_unbound");
            if sql_type.ends_with("_text") { "TEXT".to_owned() } else { "BLOB".to_owned() }
        }
        word => word.to_owned(),
    };
    let mut out = String::new();
    let mut rest = postgres;
    while let Some(start) = rest.find(|c: char| c.is_ascii_alphanumeric() || c == '_') {
        let (before, tail) = rest.split_at(start);
        let end = tail.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(tail.len());
        out.push_str(before);
        out.push_str(&word(&tail[..end]));
        rest = &tail[end..];
    }
    out + rest
}
