//! `encrypted-fields keys init`: the key store's tables.

use encrypted_fields_keys::StoreError;
use encrypted_fields_keys::config::StoreUrl;
use serde_json::json;

use crate::failure::Failure;
use crate::reply::Reply;
use crate::session::Session;
use crate::tables;

pub(super) async fn run(session: &Session) -> Result<Reply, Failure> {
    let store = session.config.store()?;
    let name = store.describe();
    // Tables that the program's own migrations made are as good.
    let created = match store.tenants("").await {
        Ok(_) => false,
        Err(StoreError::NoTables { .. }) => {
            let created = match session.config.store_url() {
                Some(url) => tables::create(url.clone(), tables::Set::Keys).await,
                None => Ok(()),
            };
            // Whoever ran it at the same moment may have been faster.
            match (created, store.tenants("").await) {
                (_, Ok(_)) => true,
                (Err(why), Err(_)) => {
                    let what = format!("the tables of {name} cannot be created: {why}");
                    return Err(Failure::failed("init", what, "see whether this user may create tables there"));
                }
                (Ok(()), Err(error)) => return Err(encrypted_fields_keys::KeysError::from(error).into()),
            }
        }
        Err(error) => return Err(encrypted_fields_keys::KeysError::from(error).into()),
    };
    let done = match (created, session.config.store_url()) {
        (true, _) => "The tables for keys are created",
        (false, Some(StoreUrl::File(_))) => "A file needs no tables: it is made with the first key",
        (false, _) => "The tables for keys are there",
    };
    let text = format!("{done}, in {name}.\nNext: encrypted-fields keys generate --promote");
    Ok(Reply::new(json!({"store": name, "created": created}), text))
}
