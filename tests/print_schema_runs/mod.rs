//! `diesel print-schema` writes a schema that needs no patching: the `enc_*` domains become the types of
//! `encrypted_fields::domains`, under the settings that the documentation gives.

#[allow(dead_code, unused_imports)]
mod schema;

use std::path::PathBuf;
use std::process::Command;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use encrypted_fields::codec::Json;
use encrypted_fields::sql_types::{EncryptedSql, PlainSql, Policy as _, Storage as _};
use encrypted_fields::{EncryptedModel, scope, testing};
use rust_decimal::Decimal;
use schema::*;

use crate::harness::pg;
use crate::models::Profile;

/// `scripts/test` installs it into target/tools.
fn diesel_cli() -> PathBuf {
    if let Some(named) = std::env::var_os("ENCRYPTED_FIELDS_DIESEL_CLI").filter(|named| !named.is_empty()) {
        return named.into();
    }
    let test = std::env::current_exe().expect("this test's path");
    // target/debug/deps/promises-..
    let tools = test.ancestors().nth(3).map(|target| target.join("tools/bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut candidates = tools.into_iter().chain(std::env::split_paths(&path)).map(|bin| bin.join("diesel"));
    candidates.find(|candidate| candidate.is_file()).unwrap_or_else(|| {
        panic!(
            "this test runs diesel_cli, and found none in target/tools/bin or on the PATH.\n\
             `scripts/test -p encrypted-fields-tests print_schema_runs` installs it into target/tools; or do it yourself:\n\
             cargo install diesel_cli --version 2.3.14 --locked --no-default-features --features postgres\n\
             or name it: ENCRYPTED_FIELDS_DIESEL_CLI=/path/to/diesel"
        )
    })
}

#[test]
fn and_writes_the_schema_that_is_compiled_here() {
    let database = pg();
    database.connect().batch_execute(include_str!("tables.sql")).unwrap();
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("diesel.toml"), include_str!("diesel.toml")).unwrap();
    let cli = diesel_cli();
    let output = Command::new(&cli)
        .args(["print-schema", "--config-file", "diesel.toml", "--database-url", &database.url()])
        .current_dir(directory.path())
        .env_remove("DATABASE_URL")
        .env_remove("DIESEL_CONFIG_FILE")
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}", cli.display()));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let written = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        written,
        include_str!("schema.rs"),
        "diesel_cli writes another schema than the one compiled here:\n{written}"
    );
}

/// The settings tried here are those that the documentation of `domains` gives.
#[test]
fn with_the_documented_settings() {
    let documentation = include_str!("../../encrypted-fields/src/domains.rs");
    for setting in include_str!("diesel.toml").lines() {
        assert!(documentation.contains(&format!("//! {setting}\n")), "{setting}");
    }
}

/// The name of the domain that a column's type stands for.
fn domain<C>() -> String
where
    C: Column<SqlType: EncryptedSql<Plain: PlainSql>>,
{
    let text = if <C::SqlType as EncryptedSql>::Storage::TEXT { "_text" } else { "" };
    let unbound = if <C::SqlType as EncryptedSql>::Policy::ROW_BOUND { "" } else { "_unbound" };
    format!("enc_{}{text}{unbound}", <<C::SqlType as EncryptedSql>::Plain as PlainSql>::NAME)
}

macro_rules! each_is_its_domain {
    ($($table:ident: $($column:ident)*;)*) => {
        [$($((<$table::$column as Column>::NAME, domain::<$table::$column>()),)*)*]
    };
}

/// Each column of these tables is named as the domain it has in the database.
#[test]
fn every_domain_is_the_type_that_its_name_says() {
    let columns = each_is_its_domain! {
        sealed_as_bytes: enc_text enc_binary enc_bool enc_smallint enc_integer enc_bigint enc_float enc_double
            enc_numeric enc_date enc_time enc_timestamp enc_timestamptz enc_uuid enc_json enc_jsonb;
        sealed_as_bytes_unbound: enc_text_unbound enc_binary_unbound enc_bool_unbound enc_smallint_unbound
            enc_integer_unbound enc_bigint_unbound enc_float_unbound enc_double_unbound enc_numeric_unbound
            enc_date_unbound enc_time_unbound enc_timestamp_unbound enc_timestamptz_unbound enc_uuid_unbound
            enc_json_unbound enc_jsonb_unbound;
        sealed_as_text: enc_text_text enc_binary_text enc_bool_text enc_smallint_text enc_integer_text enc_bigint_text
            enc_float_text enc_double_text enc_numeric_text enc_date_text enc_time_text enc_timestamp_text
            enc_timestamptz_text enc_uuid_text enc_json_text enc_jsonb_text;
        sealed_as_text_unbound: enc_text_text_unbound enc_binary_text_unbound enc_bool_text_unbound
            enc_smallint_text_unbound enc_integer_text_unbound enc_bigint_text_unbound enc_float_text_unbound
            enc_double_text_unbound enc_numeric_text_unbound enc_date_text_unbound enc_time_text_unbound
            enc_timestamp_text_unbound enc_timestamptz_text_unbound enc_uuid_text_unbound enc_json_text_unbound
            enc_jsonb_text_unbound;
    };
    for (column, domain) in &columns {
        assert_eq!(column, domain);
    }
    let created = encrypted_fields_migrations::DOMAINS_UP_SQL.lines().filter(|line| line.starts_with("CREATE DOMAIN "));
    assert_eq!(columns.len(), created.count());
}

#[derive(Debug, Clone, PartialEq, Identifiable, EncryptedModel)]
#[diesel(table_name = customers, check_for_backend(diesel::pg::Pg))]
struct Customer {
    id: uuid::Uuid,
    name: String,
    #[encrypted(index(email_bidx, normalize = lower))]
    email: String,
    #[encrypted]
    phone: Option<String>,
    #[encrypted]
    balance: Decimal,
    #[encrypted]
    profile: Option<Json<Profile>>,
    #[encrypted]
    hint: String,
    since: chrono::DateTime<chrono::Utc>,
}

#[test]
fn a_model_on_that_schema_works() {
    let database = pg();
    let conn = &mut database.connect();
    conn.batch_execute(include_str!("tables.sql")).unwrap();
    scope::with(&testing::keyring(), || {
        let customer = Customer {
            id: uuid::Uuid::new_v4(),
            name: "Ada".into(),
            email: "Ada@example.com".into(),
            phone: None,
            balance: "5.00".parse().unwrap(),
            profile: Some(Json(Profile { tags: vec![], level: None, score: 0.5 })),
            hint: "the usual".into(),
            since: chrono::DateTime::UNIX_EPOCH,
        };
        diesel::insert_into(customers::table).values(&customer).execute(conn).unwrap();
        assert_eq!(customers::table.load::<Customer>(conn).unwrap(), std::slice::from_ref(&customer));
        let found = Customer::query().filter(Customer::email_eq("ada@EXAMPLE.com")).load(conn).unwrap();
        assert_eq!(found, [customer]);
    });
}
