//! What a command works on: the configuration, and what it leads to.

use encrypted_fields_keys::config::Config;
use encrypted_fields_keys::{KeyManager, KeyRecord, KeysError, Keyset, Purpose};

use crate::cli::{Global, KeyArgs};
use crate::failure::Failure;

/// The configuration of this call.
pub(crate) struct Session {
    pub(crate) config: Config,
    pub(crate) json: bool,
}

impl Session {
    pub(crate) fn load(global: &Global) -> Result<Self, Failure> {
        Ok(Self { config: Config::load(&global.overrides())?, json: global.json })
    }

    pub(crate) async fn manager(&self) -> Result<KeyManager, Failure> {
        let manager = self.config.manager().await?;
        let (application, tenant) = (manager.application(), manager.tenant_name());
        let keks = manager.keks().names().join(", ");
        tracing::info!(store = manager.store_name(), application, tenant, keks, "connected");
        #[cfg(feature = "steps")]
        let manager = match crate::steps::hook() {
            Some(hook) => manager.on_step(hook),
            None => manager,
        };
        Ok(manager)
    }
}

/// The key that is meant: by its id, and by its purpose where that is needed.
pub(crate) fn key<'k>(keyset: &'k Keyset, KeyArgs { id, purpose }: &KeyArgs) -> Result<&'k KeyRecord, Failure> {
    let found: Vec<_> =
        keyset.keys.iter().filter(|key| key.id == *id && purpose.is_none_or(|it| it == key.purpose)).collect();
    match found[..] {
        [key] => Ok(key),
        [] => Err(KeysError::NoSuchKey { key_id: *id }.into()),
        _ => {
            let purposes = found.iter().map(|key| key.purpose.name()).collect::<Vec<_>>().join(" and ");
            Err(Failure::usage(format!("key {id} is one of purpose {purposes}"), "say which with --purpose"))
        }
    }
}

/// The key that is meant, as it is stored now.
pub(crate) async fn find(manager: &KeyManager, args: &KeyArgs) -> Result<(Purpose, u32), Failure> {
    let keyset = manager.keyset().await?;
    key(&keyset, args).map(|key| (key.purpose, key.id))
}
