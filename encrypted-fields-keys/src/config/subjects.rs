//! `[subjects]`: where the keys of data subjects and the ledger of erasures are.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::KeysError;
use crate::manager::KeyManager;
use crate::subjects::{SubjectStore, Subjects, SubjectsBuilder, SubjectsError};

use super::source::Set;
use super::store_url::StoreSetting;
use super::{Config, Lookup, StoreUrl};

/// What `[subjects]` says.
#[derive(Debug, Clone, Default)]
pub(super) struct SubjectsConfig {
    /// Left out: in the database of the key store.
    pub(super) store: Option<Set<StoreSetting>>,
    pub(super) url: Option<StoreUrl>,
    /// Why there is no URL: told to whoever asks for it, because an operator of keys does not need it.
    pub(super) missing: Option<String>,
    pub(super) ledger: Option<Set<PathBuf>>,
}

impl SubjectsConfig {
    pub(super) fn resolve(&mut self, env: Lookup<'_>) {
        match self.store.as_ref().map(|store| store.value.resolve(env)) {
            Some(Ok(url)) => self.url = Some(url),
            Some(Err((what, instead))) => self.missing = Some(format!("{what}; {instead}")),
            None => {}
        }
    }
}

impl Config {
    /// Where the keys of data subjects are: the key store's database, unless `[subjects]` names another.
    ///
    /// # Errors
    /// [`KeysError::Configuration`] where neither is configured.
    pub fn subjects_url(&self) -> Result<&StoreUrl, KeysError> {
        if let Some(missing) = &self.subjects.missing {
            return Err(KeysError::Configuration(missing.clone()));
        }
        self.subjects.url.as_ref().or(self.store_url()).ok_or_else(|| {
            let what = "the store of subject keys is not configured; set `store` or `store_env` of [subjects]";
            KeysError::Configuration(what.into())
        })
    }

    /// The ledger file of erasures, on a disk that is not restored with the database.
    pub fn subjects_ledger(&self) -> Option<&Path> {
        self.subjects.ledger.as_ref().map(|it| it.value.as_path())
    }

    /// The keys of data subjects, under the roots that this manager unwraps.
    ///
    /// # Errors
    /// [`KeysError::Configuration`], and those of [`KeyManager::subject_roots`].
    pub async fn subjects(&self, manager: &KeyManager) -> Result<SubjectsBuilder, KeysError> {
        let store = connect(self.subjects_url()?)?;
        let (store_root, roots) = (manager.store_root().await?, manager.subject_roots().await?);
        let builder =
            Subjects::builder(store, manager.application(), store_root).tenant(manager.tenant_name()).roots(roots);
        Ok(match self.subjects_ledger() {
            Some(path) => builder.ledger_file(path),
            None => builder,
        })
    }
}

fn connect(url: &StoreUrl) -> Result<Arc<dyn SubjectStore>, KeysError> {
    #[allow(unused_variables, reason = "without a database there is nothing to connect to")]
    let failed = |error: SubjectsError| KeysError::Configuration(error.to_string());
    match url {
        #[cfg(feature = "postgres")]
        StoreUrl::Postgres(url) => {
            let url = super::store_url::with_time_out(url);
            Ok(Arc::new(crate::subjects::PgSubjectStore::connect(url).map_err(failed)?))
        }
        #[cfg(feature = "sqlite")]
        StoreUrl::Sqlite(path) => {
            let path = path.to_string_lossy();
            Ok(Arc::new(crate::subjects::SqliteSubjectStore::connect(path).map_err(failed)?))
        }
        other => Err(KeysError::Configuration(format!(
            "subject keys cannot be kept in {other}; set `store` or `store_env` of [subjects] to postgres://.. or sqlite:PATH"
        ))),
    }
}
