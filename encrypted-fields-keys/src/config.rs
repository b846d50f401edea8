//! Which store, which KEKs: from the environment, from `encrypted-fields.toml`, and from flags, each stronger than the one before.
//!
//! ```toml
//! application = "shop"               # ENCRYPTED_FIELDS_APPLICATION, --application
//! tenant = ""                        # ENCRYPTED_FIELDS_TENANT, --tenant
//! store_env = "DATABASE_URL"         # the variable that has the URL; or the URL, where it has no password:
//! # store = "postgres://shop@db/shop", "sqlite:keys.sqlite", "file:keys.json"   ENCRYPTED_FIELDS_STORE, --store
//! least_generation = 7               # ENCRYPTED_FIELDS_LEAST_GENERATION, --least-generation
//! wrap = ["main", "recovery"]        # which KEKs wrap new keys; left out: all
//!
//! [[kek]]                            # in the order in which they are asked
//! name = "main"                      # what slots are named by: it stays
//! type = "local"                     # local, aws-kms, vault-transit, pkcs11; what else it takes is its own
//! env = "SHOP_KEK"
//!
//! [[kek]]
//! name = "recovery"
//! type = "local"
//! file = "/media/safe/recovery.key"
//!
//! [subjects]                         # only for keys of data subjects
//! store_env = "SUBJECTS_URL"         # or store; left out: the key store's database
//! ledger = "/var/lib/shop/erasures.jsonl"   # on a disk that is not restored with the database
//! ```
//!
//! No secret is in the file: what would be one is refused, and the name of a variable or the path of a file belongs there.
//! Paths are relative to the file.
//!
//! Without `[[kek]]` in the file the environment names the KEKs: `AWS_KMS_KEY_ID` or `AWS_KMS_KEY_ALIAS` is a KEK `aws`, and
//! `ENCRYPTED_FIELDS_KEK` (the key itself) or `ENCRYPTED_FIELDS_KEK_FILE` (its file) a local one, `env`, after it.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::KeysError;
use crate::keks::Keks;
use crate::manager::KeyManager;
use crate::store::KeyStore;

mod check;
mod connect;
mod environment;
mod error;
mod file;
mod kek_options;
mod secrets;
mod source;
mod store_url;
mod subjects;

pub use check::{Finding, Severity};
pub use error::{ConfigError, Problem};
pub use kek_options::{KekConfig, KekOptions};
pub use source::{Setting, Source};
pub use store_url::StoreUrl;

use source::Set;
use store_url::StoreSetting;
use subjects::SubjectsConfig;

/// The file that is read where none is named, if it is there.
pub const DEFAULT_FILE: &str = "encrypted-fields.toml";

/// What was configured, and where.
///
/// ```
/// use encrypted_fields_keys::config::{Config, Overrides};
///
/// # let directory = tempfile::tempdir()?;
/// let file = directory.path().join("encrypted-fields.toml");
/// std::fs::write(&file, r#"
///     application = "shop"
///     store = "file:keys.json"
///     [[kek]]
///     name = "main"
///     type = "local"
///     file = "main.key"
/// "#)?;
/// let config = Config::load(&Overrides { file: Some(file), ..Overrides::default() })?;
/// assert_eq!(config.application(), Some("shop"));
/// assert_eq!(config.keks()[0].name, "main");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Config {
    file: Option<PathBuf>,
    application: Option<Set<String>>,
    tenant: Option<Set<String>>,
    store: Option<Set<StoreSetting>>,
    url: Option<StoreUrl>,
    least_generation: Option<Set<u64>>,
    keks: Vec<Set<KekConfig>>,
    wrap: Option<Set<Vec<String>>>,
    subjects: SubjectsConfig,
    /// Variables with keys that a program may seal under past the store.
    raw_keys: Vec<&'static str>,
}

/// What flags say. It is stronger than the file and the environment.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// The file; left out: `ENCRYPTED_FIELDS_CONFIG`, or `encrypted-fields.toml` if it is there.
    pub file: Option<PathBuf>,
    /// The application.
    pub application: Option<String>,
    /// The tenant.
    pub tenant: Option<String>,
    /// The store's URL, without a password: arguments can be seen by every user of the machine.
    pub store: Option<String>,
    /// The variable that has the store's URL.
    pub store_env: Option<String>,
    /// The least generation.
    pub least_generation: Option<u64>,
}

/// The environment, or what stands for it in a test.
type Lookup<'a> = &'a dyn Fn(&str) -> Option<OsString>;

impl Config {
    /// From the environment of this process, the file, and flags.
    ///
    /// # Errors
    /// A [`ConfigError`] with everything that cannot be right, each with its file and line or its variable, and what to write
    /// instead. Whether what is configured answers is for [`check`](Self::check).
    pub fn load(overrides: &Overrides) -> Result<Self, ConfigError> {
        Self::read(overrides, &|name| std::env::var_os(name))
    }

    fn read(overrides: &Overrides, env: Lookup<'_>) -> Result<Self, ConfigError> {
        let mut problems = Vec::new();
        let from_env = environment::read(env, &mut problems);
        let from_file = match file::find(overrides, env) {
            Some((path, named)) => file::read(&path, &named, &mut problems),
            None => Self::default(),
        };
        let flags = Self::flags(overrides, &mut problems);
        let mut config = flags.over(from_file).over(from_env);
        config.resolve_store(env, &mut problems);
        config.raw_keys = environment::raw_keys(env);
        if problems.is_empty() { Ok(config) } else { Err(ConfigError::new(problems)) }
    }

    fn flags(overrides: &Overrides, problems: &mut Vec<Problem>) -> Self {
        let set = |value: &Option<String>, flag| value.clone().map(|value| Set::new(value, Source::Flag(flag)));
        let store = StoreSetting::of_flags(overrides, problems);
        Self {
            application: set(&overrides.application, "--application"),
            tenant: set(&overrides.tenant, "--tenant"),
            store,
            least_generation: overrides.least_generation.map(|it| Set::new(it, Source::Flag("--least-generation"))),
            ..Self::default()
        }
    }

    /// This, and what it leaves out from a weaker one.
    fn over(self, weaker: Self) -> Self {
        Self {
            // The file alone has them.
            subjects: if self.file.is_some() { self.subjects } else { weaker.subjects },
            file: self.file.or(weaker.file),
            application: self.application.or(weaker.application),
            tenant: self.tenant.or(weaker.tenant),
            store: self.store.or(weaker.store),
            url: None,
            least_generation: self.least_generation.or(weaker.least_generation),
            // As a whole: KEKs of two places would have no order.
            keks: if self.keks.is_empty() { weaker.keks } else { self.keks },
            wrap: self.wrap.or(weaker.wrap),
            raw_keys: Vec::new(),
        }
    }

    fn resolve_store(&mut self, env: Lookup<'_>, problems: &mut Vec<Problem>) {
        if let Some(store) = &self.store {
            match store.value.resolve(env) {
                Ok(url) => self.url = Some(url),
                Err((what, instead)) => problems.push(Problem::new(store.source.clone(), what, instead)),
            }
        }
        self.subjects.resolve(env);
    }

    /// The file that was read.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// The application.
    pub fn application(&self) -> Option<&str> {
        self.application.as_ref().map(|it| it.value.as_str())
    }

    /// The tenant, or empty.
    pub fn tenant(&self) -> &str {
        self.tenant.as_ref().map_or("", |it| it.value.as_str())
    }

    /// The store.
    pub fn store_url(&self) -> Option<&StoreUrl> {
        self.url.as_ref()
    }

    /// The pinned least generation, or zero.
    pub fn least_generation(&self) -> u64 {
        self.least_generation.as_ref().map_or(0, |it| it.value)
    }

    /// The KEKs, in order.
    pub fn keks(&self) -> Vec<&KekConfig> {
        self.keks.iter().map(|it| &it.value).collect()
    }

    /// The names of the KEKs that wrap new keys; None: all.
    pub fn wrap(&self) -> Option<&[String]> {
        self.wrap.as_ref().map(|it| it.value.as_slice())
    }

    /// Every value that holds, and where it was said. No secret is among them.
    pub fn settings(&self) -> Vec<Setting> {
        source::settings(self)
    }

    /// The operator's hands on the keys: the store and the KEKs, connected.
    ///
    /// A KEK that cannot even be set up, such as a local one whose file lies in a safe, is logged and stays in its place in the
    /// order: keys come out of their other slots, and wrapping by it is an error.
    ///
    /// # Errors
    /// [`KeysError::Configuration`] where the application, the store or every KEK is left out, [`KeysError::UnknownKek`].
    pub async fn manager(&self) -> Result<KeyManager, KeysError> {
        let missing = |what: &str, how: &str| KeysError::Configuration(format!("{what} is not configured; {how}"));
        let application = self.application().filter(|it| !it.is_empty()).ok_or_else(|| {
            missing("the application", "set `application` in the file, ENCRYPTED_FIELDS_APPLICATION or --application")
        })?;
        let store = self.store()?;
        let manager = KeyManager::new(store, self.connect_keks().await?, application).tenant(self.tenant());
        Ok(manager.least_generation(self.least_generation()))
    }

    /// The store.
    ///
    /// # Errors
    /// [`KeysError::Configuration`] where it is left out or needs a feature that is off.
    pub fn store(&self) -> Result<Arc<dyn KeyStore>, KeysError> {
        let url = self.store_url().ok_or_else(|| {
            let how = "set `store` or `store_env` in the file, ENCRYPTED_FIELDS_STORE or --store";
            KeysError::Configuration(format!("the key store is not configured; {how}"))
        })?;
        url.connect()
    }

    /// The KEKs, in order.
    ///
    /// # Errors
    /// Those of [`Keks::new`] and [`Keks::wrapping`].
    pub async fn connect_keks(&self) -> Result<Keks, KeysError> {
        let keks = Keks::new(connect::keks(self.keks()).await)?;
        match self.wrap() {
            Some(names) => keks.wrapping(names.iter().cloned()),
            None => Ok(keks),
        }
    }

    /// Everything that is wrong or could be better, at once: asks each KEK and the store. Nothing is changed.
    pub async fn check(&self) -> Vec<Finding> {
        check::check(self).await
    }
}

impl fmt::Debug for Overrides {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Overrides")
            .field("file", &self.file)
            .field("application", &self.application)
            .field("tenant", &self.tenant)
            .field("store", &self.store.as_deref().map(crate::store::without_password))
            .field("store_env", &self.store_env)
            .field("least_generation", &self.least_generation)
            .finish()
    }
}

#[cfg(test)]
mod tests;
