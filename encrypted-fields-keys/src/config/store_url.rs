//! Which store: `postgres://..`, `sqlite:PATH`, `file:PATH`, or a variable that has one of them.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::KeysError;
use crate::store::{FileStore, KeyStore, without_password};

use super::source::{Set, Source};
use super::{Lookup, Overrides, Problem, secrets};

/// A store's URL. It shows itself without its password.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreUrl {
    /// `postgres://..`: in Postgres.
    Postgres(String),
    /// `sqlite:PATH`: in SQLite.
    Sqlite(PathBuf),
    /// `file:PATH`: in a JSON file.
    File(PathBuf),
}

const EXPECTED: &str = "write postgres://.., sqlite:PATH or file:PATH";

impl StoreUrl {
    /// Reads one; the error is what is wrong with it, and does not show it.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        let (scheme, path) = text.split_once(':').unwrap_or_default();
        let store = match scheme {
            "sqlite" => Self::Sqlite(path.into()),
            "file" => Self::File(path.into()),
            _ => return Err("it is no store"),
        };
        // `sqlite://keys.db` would be the file /keys.db.
        if path.is_empty() || path.starts_with("//") { Err("after the colon stands no path") } else { Ok(store) }
    }

    pub(super) fn relative_to(self, directory: &Path) -> Self {
        match self {
            Self::Postgres(_) => self,
            Self::Sqlite(path) => Self::Sqlite(directory.join(path)),
            Self::File(path) => Self::File(directory.join(path)),
        }
    }

    pub(super) fn connect(&self) -> Result<Arc<dyn KeyStore>, KeysError> {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => Ok(Arc::new(crate::store::PostgresStore::connect(&with_time_out(url))?)),
            #[cfg(feature = "sqlite")]
            Self::Sqlite(path) => Ok(Arc::new(crate::store::SqliteStore::connect(&path.to_string_lossy())?)),
            Self::File(path) => Ok(Arc::new(FileStore::new(path))),
            #[cfg(not(all(feature = "postgres", feature = "sqlite")))]
            other => Err(KeysError::Configuration(format!(
                "this program was built without the feature that {other} needs; turn on `postgres` or `sqlite` of \
                 encrypted-fields-keys"
            ))),
        }
    }
}

/// A server that does not answer is said so within seconds, and not after the minutes that TCP tries.
#[cfg(feature = "postgres")]
pub(super) fn with_time_out(url: &str) -> String {
    if url.contains("connect_timeout=") {
        return url.to_owned();
    }
    format!("{url}{}connect_timeout=10", if url.contains('?') { '&' } else { '?' })
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Postgres(url) => f.write_str(&without_password(url)),
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::File(path) => write!(f, "file:{}", path.display()),
        }
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreUrl({self})")
    }
}

/// A store, or the variable that names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum StoreSetting {
    Url(StoreUrl),
    Env(String),
}

impl StoreSetting {
    pub(super) fn of_flags(flags: &Overrides, problems: &mut Vec<Problem>) -> Option<Set<Self>> {
        match (&flags.store, &flags.store_env) {
            (Some(_), Some(_)) => {
                let place = Source::Flag("--store");
                problems.push(Problem::new(place, "--store and --store-env are both given", "leave one out"));
                None
            }
            (Some(url), None) => {
                let place = Source::Flag("--store");
                let url = if secrets::has_password(url) {
                    let instead = "put the URL into a variable, and name it: --store-env DATABASE_URL";
                    Err(("the URL has a password, and every user of this machine sees arguments", instead))
                } else {
                    StoreUrl::parse(url).map_err(|what| (what, EXPECTED))
                };
                match url {
                    Ok(url) => Some(Set::new(Self::Url(url), place)),
                    Err((what, instead)) => {
                        problems.push(Problem::new(place, what, instead));
                        None
                    }
                }
            }
            (None, variable) => {
                variable.clone().map(|variable| Set::new(Self::Env(variable), Source::Flag("--store-env")))
            }
        }
    }

    pub(super) fn of_text(text: &str) -> Result<Self, (&'static str, &'static str)> {
        StoreUrl::parse(text).map(Self::Url).map_err(|what| (what, EXPECTED))
    }

    pub(super) fn resolve(&self, env: Lookup<'_>) -> Result<StoreUrl, (String, String)> {
        let variable = match self {
            Self::Url(url) => return Ok(url.clone()),
            Self::Env(variable) => variable,
        };
        match env(variable).map(std::ffi::OsString::into_string) {
            Some(Ok(text)) if !text.is_empty() => StoreUrl::parse(text.trim_ascii())
                .map_err(|what| (format!("variable {variable} names no store: {what}"), EXPECTED.to_owned())),
            _ => Err((
                format!("variable {variable}, which has the store's URL, is not set"),
                format!("set {variable} to postgres://.., sqlite:PATH or file:PATH"),
            )),
        }
    }
}
