//! What the environment says.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::kek_options::{KekConfig, KekOptions};
use super::source::{Set, Source};
use super::store_url::StoreSetting;
use super::{Config, Lookup, Problem};
use crate::kek::LocalOptions;

const APPLICATION: &str = "ENCRYPTED_FIELDS_APPLICATION";
const TENANT: &str = "ENCRYPTED_FIELDS_TENANT";
const STORE: &str = "ENCRYPTED_FIELDS_STORE";
const LEAST_GENERATION: &str = "ENCRYPTED_FIELDS_LEAST_GENERATION";
const KEK: &str = "ENCRYPTED_FIELDS_KEK";
const KEK_FILE: &str = "ENCRYPTED_FIELDS_KEK_FILE";
/// As the AWS provider reads them.
const AWS: [&str; 2] = ["AWS_KMS_KEY_ID", "AWS_KMS_KEY_ALIAS"];

pub(super) fn read(env: Lookup<'_>, problems: &mut Vec<Problem>) -> Config {
    let mut text = |name: &str| {
        let value = env(name).filter(|value| !value.is_empty())?;
        let source = Source::Env(name.to_owned());
        match value.into_string() {
            Ok(value) => Some(Set::new(value, source)),
            Err(_) => {
                problems.push(Problem::new(source, "it is not UTF-8", "set it anew"));
                None
            }
        }
    };
    let (application, tenant) = (text(APPLICATION), text(TENANT));
    let (store, least_generation, file) = (text(STORE), text(LEAST_GENERATION), text(KEK_FILE));
    let store = store.and_then(|it| match StoreSetting::of_text(it.value.trim_ascii()) {
        Ok(store) => Some(Set::new(store, it.source)),
        Err((what, instead)) => {
            problems.push(Problem::new(it.source, what, instead));
            None
        }
    });
    let least_generation = least_generation.and_then(|it| match it.value.trim_ascii().parse() {
        Ok(number) => Some(Set::new(number, it.source)),
        Err(_) => {
            problems.push(Problem::new(it.source, "it is no number", "write the least generation in decimal digits"));
            None
        }
    });
    let is_set = |name: &str| env(name).is_some_and(|value| !value.is_empty());
    let mut keks = Vec::new();
    if let Some(variable) = AWS.into_iter().find(|name| is_set(name)) {
        let nothing = Spanned::new(0..0, DeValue::Table(DeTable::new()));
        let source = Source::Env(variable.to_owned());
        match KekOptions::read("aws-kms", nothing) {
            Ok(options) => keks.push(Set::new(KekConfig { name: "aws".into(), options }, source)),
            Err(error) => problems.push(Problem::new(source, error.what, error.instead)),
        }
    }
    let local = match (is_set(KEK), file) {
        (true, Some(_)) => {
            let what = format!("{KEK} and {KEK_FILE} are both set");
            problems.push(Problem::new(Source::Env(KEK.into()), what, "unset one, or name both KEKs in the file"));
            None
        }
        (true, None) => Some((KEK, LocalOptions { env: Some(KEK.into()), ..LocalOptions::default() })),
        (false, file) => {
            file.map(|it| (KEK_FILE, LocalOptions { file: Some(it.value.into()), ..LocalOptions::default() }))
        }
    };
    keks.extend(local.map(|(variable, options)| {
        let kek = KekConfig { name: "env".into(), options: KekOptions::Local(options) };
        Set::new(kek, Source::Env(variable.to_owned()))
    }));
    Config { application, tenant, store, least_generation, keks, ..Config::default() }
}

/// The variables with keys that a program may seal under past the store, counted in each process alone.
pub(super) fn raw_keys(env: Lookup<'_>) -> Vec<&'static str> {
    let names = ["ENCRYPTION_KEY", "ENCRYPTION_KEYS_OLD", "ENCRYPTION_INDEX_KEY", "ENCRYPTION_INDEX_KEYS_OLD"];
    names.into_iter().filter(|name| env(name).is_some_and(|value| !value.is_empty())).collect()
}
