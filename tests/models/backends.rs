//! One test body, run on Postgres with the `enc_*` domains, on MariaDB and on SQLite.

/// Writes each function as three tests, `name::postgres`, `name::mysql` and `name::sqlite`. The body runs in the scope of
/// a keyring of its own, which it may name as well.
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
                #[allow(unused_imports)]
                use crate::models::dialect::sql_standard::*;
                let database = crate::harness::pg();
                let $conn = &mut database.connect();
                diesel::connection::SimpleConnection::batch_execute($conn, $tables).expect("the tables");
                let $keyring = &encrypted_fields::testing::keyring();
                encrypted_fields::scope::with($keyring, || $body);
            }

            #[test]
            fn mysql() {
                #[allow(unused_imports)]
                use crate::models::dialect::mysql::*;
                let database = crate::harness::mysql();
                let $conn = &mut database.connect();
                let tables = crate::models::ddl_for_mysql($tables);
                diesel::connection::SimpleConnection::batch_execute($conn, &tables).expect("the tables");
                let $keyring = &encrypted_fields::testing::keyring();
                encrypted_fields::scope::with($keyring, || $body);
            }

            #[test]
            fn sqlite() {
                #[allow(unused_imports)]
                use crate::models::dialect::sql_standard::*;
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

/// What a test body has to say differently, by one name on every backend.
pub mod dialect {
    /// `ON CONFLICT (column)`.
    pub mod sql_standard {
        /// The target of an upsert.
        pub fn target<C>(column: C) -> C {
            column
        }
        /// The rows that an upsert counts which updated one, and which left one as it was.
        pub const UPSERTED: usize = 1;
        pub const LEFT: usize = 0;
    }

    /// `ON DUPLICATE KEY`: any key. MySQL counts an update twice, and with Diesel's `CLIENT_FOUND_ROWS` one of nothing.
    pub mod mysql {
        pub fn target<C>(_: C) -> diesel::dsl::DuplicatedKeys {
            diesel::dsl::DuplicatedKeys
        }
        pub const UPSERTED: usize = 2;
        pub const LEFT: usize = 1;
    }
}

/// The same tables where there are no domains: `enc_numeric` is BLOB, `enc_numeric_text` is TEXT, BYTEA is BLOB.
pub fn ddl_for_sqlite(postgres: &str) -> String {
    replace_words(postgres, |word| match (word, is_sealed(word)) {
        ("BYTEA", _) | (_, Some(Storage::Bytes)) => "BLOB",
        (_, Some(Storage::Text)) => "TEXT",
        _ => word,
    })
}

/// The same tables where a key needs a length, and what is quoted is a string.
pub fn ddl_for_mysql(postgres: &str) -> String {
    let tables = replace_words(postgres, |word| match (word, is_sealed(word)) {
        (_, Some(Storage::Bytes)) => "LONGBLOB",
        (_, Some(Storage::Text)) => "LONGTEXT",
        ("BYTEA", _) => "VARBINARY(500)",
        ("TEXT", _) => "VARCHAR(500)",
        _ => word,
    });
    tables.replace('"', "`")
}

enum Storage {
    Bytes,
    Text,
}

/// How the values of a domain are stored.
fn is_sealed(word: &str) -> Option<Storage> {
    let sql_type = word.strip_prefix("enc_")?.trim_end_matches("_unbound");
    Some(if sql_type.ends_with("_text") { Storage::Text } else { Storage::Bytes })
}

fn replace_words(sql: &str, replaced: impl Fn(&str) -> &str) -> String {
    let mut out = String::new();
    let mut rest = sql;
    while let Some(start) = rest.find(|c: char| c.is_ascii_alphanumeric() || c == '_') {
        let (before, tail) = rest.split_at(start);
        let end = tail.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(tail.len());
        out.push_str(before);
        out.push_str(replaced(&tail[..end]));
        rest = &tail[end..];
    }
    out + rest
}
