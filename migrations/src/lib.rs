//! The SQL that this project ships: up and down, as files to read and copy, and embedded to run.
//!
//! ```text
//! postgres/              the enc_* domains: what a schema needs to name sealed columns
//! keys_postgres/         the key store of encrypted-fields-keys, and keys_sqlite/
//! subjects_postgres/     the keys of data subjects and the ledger of erasures, and subjects_sqlite/
//! quickstart_postgres/   the table of examples/quickstart, over those domains
//! quickstart_sqlite/     the same table where there are no domains
//! shop_postgres/         the tables of examples/shop, over those domains
//! shop_sqlite/           the same tables where there are no domains
//! annotations_postgres/  the tables of examples/annotations, and annotations_sqlite/
//! people_postgres/       the tables of examples/people, and people_sqlite/
//! ```
//!
//! A program runs a set with diesel_migrations:
//!
//! ```no_run
//! use diesel::Connection as _;
//! use diesel_migrations::MigrationHarness as _;
//! use encrypted_fields_migrations::{POSTGRES_DOMAINS, SHOP_POSTGRES};
//!
//! let mut conn = diesel::PgConnection::establish(&std::env::var("DATABASE_URL")?)?;
//! conn.run_pending_migrations(POSTGRES_DOMAINS)?;
//! conn.run_pending_migrations(SHOP_POSTGRES)?;
//! # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
//! ```
//!
//! or copies [`DOMAINS_UP_SQL`] and [`DOMAINS_DOWN_SQL`] into a migration of its own, which is the better way where
//! migrations are run by another tool.

use diesel_migrations::{EmbeddedMigrations, embed_migrations};

/// The Postgres domains `enc_text`, `enc_numeric_unbound`, `enc_jsonb_text`, ..: run it before any table that uses one.
///
/// A domain is `enc_`, the type, `_text` where the column is TEXT instead of BYTEA, and `_unbound` where values are not
/// bound to their row. The database refuses what cannot be a sealed value, above all a plaintext.
///
/// Its version is `00000000000001`: before any migration of yours, and not the `00000000000000` of the set-up migration
/// that `diesel setup` writes, which Diesel would take for the same one and skip.
pub const POSTGRES_DOMAINS: EmbeddedMigrations = embed_migrations!("postgres");

/// The tables of the key store (`encrypted-fields-keys`) on Postgres.
pub const KEYS_POSTGRES: EmbeddedMigrations = embed_migrations!("keys_postgres");

/// The tables of the key store on SQLite.
pub const KEYS_SQLITE: EmbeddedMigrations = embed_migrations!("keys_sqlite");

/// The keys of data subjects and the ledger of erasures on Postgres, in the database of the data or in one of their own.
pub const SUBJECTS_POSTGRES: EmbeddedMigrations = embed_migrations!("subjects_postgres");

/// The keys of data subjects and the ledger of erasures on SQLite.
pub const SUBJECTS_SQLITE: EmbeddedMigrations = embed_migrations!("subjects_sqlite");

/// The table of `examples/quickstart` on Postgres; [`POSTGRES_DOMAINS`] goes first.
pub const QUICKSTART_POSTGRES: EmbeddedMigrations = embed_migrations!("quickstart_postgres");

/// The table of `examples/quickstart` on SQLite.
pub const QUICKSTART_SQLITE: EmbeddedMigrations = embed_migrations!("quickstart_sqlite");

/// The tables of `examples/shop` on Postgres; [`POSTGRES_DOMAINS`] goes first.
pub const SHOP_POSTGRES: EmbeddedMigrations = embed_migrations!("shop_postgres");

/// The tables of `examples/shop` on SQLite.
pub const SHOP_SQLITE: EmbeddedMigrations = embed_migrations!("shop_sqlite");

/// The tables of `examples/annotations` on Postgres; [`POSTGRES_DOMAINS`] goes first.
pub const ANNOTATIONS_POSTGRES: EmbeddedMigrations = embed_migrations!("annotations_postgres");

/// The tables of `examples/annotations` on SQLite.
pub const ANNOTATIONS_SQLITE: EmbeddedMigrations = embed_migrations!("annotations_sqlite");

/// The tables of `examples/people` on Postgres; [`POSTGRES_DOMAINS`] goes first.
pub const PEOPLE_POSTGRES: EmbeddedMigrations = embed_migrations!("people_postgres");

/// The tables of `examples/people` on SQLite.
pub const PEOPLE_SQLITE: EmbeddedMigrations = embed_migrations!("people_sqlite");

/// The SQL that creates the domains of [`POSTGRES_DOMAINS`], to copy into a migration of your own.
pub const DOMAINS_UP_SQL: &str = include_str!("../postgres/00000000000001_encrypted_domains/up.sql");

/// The SQL that drops the domains of [`POSTGRES_DOMAINS`].
pub const DOMAINS_DOWN_SQL: &str = include_str!("../postgres/00000000000001_encrypted_domains/down.sql");

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Every SQL type, and the least its plaintext takes beyond the type tag.
    const TYPES: [(&str, usize); 16] = [
        ("text", 0),
        ("binary", 0),
        ("bool", 1),
        ("smallint", 8),
        ("integer", 8),
        ("bigint", 8),
        ("float", 4),
        ("double", 8),
        ("numeric", 2 + 16),
        ("date", 4),
        ("time", 8),
        ("timestamp", 8 + 4),
        ("timestamptz", 8 + 4),
        ("uuid", 16),
        ("json", 0),
        ("jsonb", 0),
    ];

    /// Version byte, key id, nonce and tag of AES-256-GCM, and the codec's type tag.
    const LEAST: usize = 1 + 4 + 12 + 16 + 1;

    /// Statements that start with `verb`, by the domain they name.
    fn statements<'a>(sql: &'a str, verb: &str) -> BTreeMap<&'a str, &'a str> {
        let mut found = BTreeMap::new();
        for rest in sql.lines().filter_map(|line| line.strip_prefix(verb)) {
            let (name, rest) = rest.split_once([' ', ';']).expect("a statement goes on after the name");
            assert!(found.insert(name, rest.trim_start()).is_none(), "{name} twice");
        }
        found
    }

    fn names() -> Vec<String> {
        let mut names = Vec::new();
        for (sql_type, _) in TYPES {
            for suffix in ["", "_unbound", "_text", "_text_unbound"] {
                names.push(format!("enc_{sql_type}{suffix}"));
            }
        }
        names.sort();
        names
    }

    /// Diesel would take two of one version for the same, and skip the second.
    #[test]
    fn no_two_migrations_have_one_version() {
        let folders = std::fs::read_dir(env!("CARGO_MANIFEST_DIR")).unwrap().map(|it| it.unwrap());
        let sets = folders.filter(|it| it.file_type().unwrap().is_dir() && it.file_name() != "src");
        let mut versions: BTreeMap<(String, String), String> = BTreeMap::new();
        for set in sets {
            let name = set.file_name().into_string().unwrap();
            let backend = name.rsplit('_').next().unwrap().to_owned();
            for migration in std::fs::read_dir(set.path()).unwrap() {
                let migration = migration.unwrap().file_name().into_string().unwrap();
                let version = migration.split('_').next().unwrap().to_owned();
                let other = versions.insert((backend.clone(), version), name.clone());
                assert_eq!(other, None, "{name} has the version of {migration}");
            }
        }
        assert!(versions.len() > 10, "{versions:?}");
    }

    #[test]
    fn up_creates_a_domain_for_each_type_storage_and_policy_and_nothing_else() {
        assert_eq!(statements(DOMAINS_UP_SQL, "CREATE DOMAIN ").into_keys().collect::<Vec<_>>(), names());
        let code = DOMAINS_UP_SQL.lines().filter(|line| !line.is_empty() && !line.starts_with("--"));
        assert_eq!(code.count(), 16 * 4);
    }

    #[test]
    fn down_drops_exactly_what_up_creates() {
        assert_eq!(statements(DOMAINS_DOWN_SQL, "DROP DOMAIN ").into_keys().collect::<Vec<_>>(), names());
    }

    #[test]
    fn each_domain_has_its_storage_and_the_least_length_of_its_type() {
        let created = statements(DOMAINS_UP_SQL, "CREATE DOMAIN ");
        for (sql_type, width) in TYPES {
            let bytes = LEAST + width;
            for policy in ["", "_unbound"] {
                let domain = created[format!("enc_{sql_type}{policy}").as_str()];
                assert!(domain.starts_with("AS bytea "), "{sql_type}: {domain}");
                assert!(domain.contains(&format!("octet_length(VALUE) >= {bytes} ")), "{sql_type}: {domain}");

                let domain = created[format!("enc_{sql_type}_text{policy}").as_str()];
                let characters = (bytes * 4).div_ceil(3);
                assert!(domain.starts_with("AS text "), "{sql_type}: {domain}");
                assert!(domain.contains(&format!("octet_length(VALUE) >= {characters} ")), "{sql_type}: {domain}");
            }
        }
    }
}
