//! `encrypted-fields keys import` and `export`.

use std::fs::OpenOptions;
use std::io::{Read as _, Write as _};
use std::path::Path;

use encrypted_fields::{KeyOrigin, Keyring};
use encrypted_fields_keys::{Import, KeyManager, KeyRecord, KeysError, Purpose, StoredState};
use serde_json::json;
use zeroize::Zeroizing;

use crate::cli::{ExportArgs, ImportArgs, ImportFrom};
use crate::confirm;
use crate::failure::Failure;
use crate::reply::{Reply, plural};
use crate::session::Session;

use super::view::KeyView;

/// The variable of the index key, beside whichever holds the data key.
const INDEX_KEY: &str = "ENCRYPTION_INDEX_KEY";

pub(super) async fn import(session: &Session, args: &ImportArgs) -> Result<Reply, Failure> {
    let manager = session.manager().await?;
    let keyring = match args.purpose {
        None => Some(keyring(manager.application(), args)?),
        Some(_) => None,
    };
    let mut keys = match (&keyring, args.purpose) {
        (Some(keyring), _) => manager.import(Import::Keyring(keyring)).await?,
        (None, Some(purpose)) => import_raw(&manager, args, purpose).await?,
        (None, None) => Vec::new(),
    };
    // The index key that the program read beside it.
    let from_place = args.from.env.is_some() || args.from.file.is_some();
    if keyring.is_some() && from_place && !args.tink && std::env::var_os(INDEX_KEY).is_some_and(|it| !it.is_empty()) {
        let text = variable(INDEX_KEY)?;
        let origin = KeyOrigin::Env(INDEX_KEY.into());
        let import = Import::Raw { text: &text, origin, purpose: Purpose::Index, algorithm: args.algorithm };
        keys.extend(manager.import(import).await?);
    }
    if args.promote {
        let primary = keyring.as_ref().map(Keyring::primary_id);
        for key in &mut keys {
            if key.purpose == Purpose::Index || primary.is_none_or(|id| id == key.id) {
                *key = manager.promote(key.purpose, key.id).await?;
            }
        }
    }
    let views: Vec<_> = keys.iter().map(KeyView::of).collect();
    Ok(Reply::new(json!({"imported": views}), imported(&keys)))
}

fn imported(keys: &[KeyRecord]) -> String {
    let mut text = format!("{} stored and proved:", plural(keys.len(), "key"));
    for key in keys {
        text.push_str(&format!("\n  {} key {} ({}), {}", key.purpose, key.id, key.algorithm, key.state));
    }
    let waiting = keys.iter().filter(|key| matches!(key.state, StoredState::DecryptOnly | StoredState::Pending));
    if let Some(key) = waiting.into_iter().next().filter(|_| keys.iter().all(|key| key.state != StoredState::Primary)) {
        text.push_str(&format!("\nThey open, and seal nothing yet: encrypted-fields keys promote {}", key.id));
    }
    text
}

/// The keyring that a program would read there.
fn keyring(application: &str, args: &ImportArgs) -> Result<Keyring, Failure> {
    let keyring = match &args.from {
        ImportFrom { env: Some(variable), .. } if !args.tink => {
            Keyring::from_env(variable.clone()).algorithm(args.algorithm).application(application)
        }
        ImportFrom { file: Some(path), .. } if !args.tink => {
            Keyring::from_file(path.clone()).algorithm(args.algorithm).application(application)
        }
        from => {
            let (text, origin) = secret(from)?;
            if args.tink {
                Keyring::builder(application).tink(&text).and_then(|keyring| keyring.build())
            } else {
                let key = encrypted_fields::DataKey::parse_from(&text, args.algorithm, &origin);
                key.and_then(|key| Keyring::builder(application).primary(key).build())
            }
        }
    };
    keyring.map_err(|error| KeysError::from(error).into())
}

async fn import_raw(manager: &KeyManager, args: &ImportArgs, purpose: Purpose) -> Result<Vec<KeyRecord>, Failure> {
    let (text, origin) = secret(&args.from)?;
    let import = Import::Raw { text: &text, origin, purpose, algorithm: args.algorithm };
    Ok(manager.import(import).await?)
}

/// The text of a key, wiped when it was used.
fn secret(from: &ImportFrom) -> Result<(Zeroizing<String>, KeyOrigin), Failure> {
    let unreadable = |what: String| Failure::failed("unreadable", what, "name another place, or make it readable");
    match from {
        ImportFrom { env: Some(name), .. } => Ok((variable(name)?, KeyOrigin::Env(name.clone()))),
        ImportFrom { file: Some(path), .. } => {
            let text = std::fs::read_to_string(path).map(Zeroizing::new);
            let text =
                text.map_err(|error| unreadable(format!("{} cannot be read: {}", path.display(), error.kind())))?;
            Ok((text, KeyOrigin::File(path.clone())))
        }
        _ => {
            let mut text = Zeroizing::new(String::new());
            let read = std::io::stdin().lock().read_to_string(&mut text);
            read.map_err(|error| unreadable(format!("standard input cannot be read: {}", error.kind())))?;
            Ok((text, KeyOrigin::Given))
        }
    }
}

fn variable(name: &str) -> Result<Zeroizing<String>, Failure> {
    match std::env::var(name) {
        Ok(text) => Ok(Zeroizing::new(text)),
        Err(std::env::VarError::NotPresent) => {
            Err(Failure::failed("unreadable", format!("variable {name} is not set"), format!("export {name}")))
        }
        Err(std::env::VarError::NotUnicode(_)) => {
            Err(Failure::failed("unreadable", format!("variable {name} is not UTF-8"), format!("export {name} anew")))
        }
    }
}

pub(super) async fn export(session: &Session, args: &ExportArgs) -> Result<Reply, Failure> {
    let manager = session.manager().await?;
    if !args.yes_export_secret_keys {
        let question = "Write every data key out in cleartext? Whoever gets the keyset reads every value.";
        confirm::ask(question, "export", "give --yes-export-secret-keys")?;
    }
    let keyset = manager.export_tink().await?;
    let Some(path) = &args.to.output else { return Ok(Reply::raw(keyset.expose().clone())) };
    write_new(path, keyset.expose()).map_err(|error| {
        let what = format!("{} cannot be written: {}", path.display(), error.kind());
        Failure::failed("unwritable", what, "name a file that is not there yet; none is overwritten")
    })?;
    let text = format!("The data keys are in {}, in cleartext. Delete it when it has served.", path.display());
    Ok(Reply::new(json!({"written": path}), text))
}

fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}
