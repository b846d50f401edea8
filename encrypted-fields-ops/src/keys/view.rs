//! Keys as they are shown. Never a byte of them.

use encrypted_fields_keys::{KeyManager, KeyRecord, Keyset, Purpose};
use serde::Serialize;

use crate::cli::KeyArgs;
use crate::failure::Failure;
use crate::reply::{Reply, plural};
use crate::session::{self, Session};
use crate::{table, time};

/// A key, as JSON has it.
#[derive(Debug, Serialize)]
pub(super) struct KeyView<'k> {
    id: u32,
    purpose: &'static str,
    algorithm: &'static str,
    state: &'static str,
    imported: bool,
    created: String,
    activated: Option<String>,
    retired: Option<String>,
    destroyed: Option<String>,
    slots: Vec<&'k str>,
}

impl<'k> KeyView<'k> {
    pub(super) fn of(key: &'k KeyRecord) -> Self {
        Self {
            id: key.id,
            purpose: key.purpose.name(),
            algorithm: key.algorithm.name(),
            state: key.state.name(),
            imported: key.imported,
            created: time::rfc3339(key.created),
            activated: key.activated.map(time::rfc3339),
            retired: key.retired.map(time::rfc3339),
            destroyed: key.destroyed.map(time::rfc3339),
            slots: slots(key),
        }
    }
}

fn slots(key: &KeyRecord) -> Vec<&str> {
    key.slots.iter().map(|slot| slot.kek.as_str()).collect()
}

/// `wrapped by main and recovery`.
pub(super) fn wrapped_by(key: &KeyRecord) -> String {
    format!("wrapped by {}", slots(key).join(" and "))
}

/// Every key, as JSON has it.
#[derive(Serialize)]
struct KeysetView<'k> {
    application: &'k str,
    tenant: &'k str,
    store: String,
    generation: u64,
    keys: Vec<KeyView<'k>>,
}

pub(super) async fn list(session: &Session) -> Result<Reply, Failure> {
    let manager = session.manager().await?;
    let keyset = manager.keyset().await?;
    let json = KeysetView {
        application: &keyset.application,
        tenant: &keyset.tenant,
        store: manager.store_name(),
        generation: keyset.generation,
        keys: keyset.keys.iter().map(KeyView::of).collect(),
    };
    let text = format!("{}\n\n{}", heading(&manager, &keyset), keys_table(&keyset));
    Ok(Reply::new(json, text))
}

fn heading(manager: &KeyManager, keyset: &Keyset) -> String {
    let tenant = if keyset.tenant.is_empty() { String::new() } else { format!(", tenant {}", keyset.tenant) };
    let Keyset { application, generation, keys, .. } = keyset;
    format!(
        "{application}{tenant}: {}, generation {generation}, in {}",
        plural(keys.len(), "key"),
        manager.store_name()
    )
}

/// Where there is room, with the date too.
fn keys_table(keyset: &Keyset) -> String {
    let now = time::now();
    let dates = table::width() >= 100;
    let mut head = vec!["ID", "PURPOSE", "STATE", "ALGORITHM", "AGE", "SLOTS"];
    if dates {
        head.insert(4, "CREATED");
    }
    let rows = keyset.keys.iter().map(|key| {
        let mut row = vec![
            key.id.to_string(),
            key.purpose.to_string(),
            key.state.to_string(),
            key.algorithm.to_string(),
            time::age(key.created, now),
            if key.slots.is_empty() { "-".into() } else { slots(key).join(", ") },
        ];
        if dates {
            row.insert(4, time::rfc3339(key.created));
        }
        row
    });
    table::of(&head, &[0, if dates { 5 } else { 4 }], rows)
}

pub(super) async fn show(session: &Session, args: &KeyArgs) -> Result<Reply, Failure> {
    let manager = session.manager().await?;
    let keyset = manager.keyset().await?;
    let key = session::key(&keyset, args)?;
    let seals = if key.purpose == Purpose::Data { manager.leased(key.id).await? } else { None };
    let now = time::now();
    let date = |date: Option<i64>| {
        date.map_or("-".to_owned(), |date| format!("{} ({} ago)", time::rfc3339(date), time::age(date, now)))
    };
    let mut rows = vec![
        ("id", key.id.to_string()),
        ("purpose", key.purpose.to_string()),
        ("state", key.state.to_string()),
        ("algorithm", key.algorithm.to_string()),
        ("from", if key.imported { "a Tink keyset" } else { "this library" }.to_owned()),
        ("created", date(Some(key.created))),
        ("activated", date(key.activated)),
        ("retired", date(key.retired)),
        ("destroyed", date(key.destroyed)),
        ("slots", if key.slots.is_empty() { "-".into() } else { slots(key).join(", ") }),
    ];
    if key.purpose == Purpose::Data {
        rows.push(("seals leased", seals.map_or("-".to_owned(), |seals| seals.to_string())));
    }
    let text = table::pairs(rows.into_iter().map(|(name, value)| (name.to_owned(), value)));
    let mut json = serde_json::to_value(KeyView::of(key)).unwrap_or_default();
    if let Some(json) = json.as_object_mut() {
        json.insert("seals_leased".into(), seals.into());
    }
    Ok(Reply::new(serde_json::json!({"key": json}), text))
}
