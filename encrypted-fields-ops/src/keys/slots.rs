//! `encrypted-fields keys slots` and `rewrap`.

use std::io::Write as _;

use encrypted_fields_keys::{KeyRecord, Rewrap, StoredState};
use serde_json::{Value, json};

use crate::cli::{KeyArgs, RewrapArgs, SlotsCommand};
use crate::failure::Failure;
use crate::reply::{Reply, plural};
use crate::session::{self, Session};
use crate::{confirm, table};

use super::view::{KeyView, wrapped_by};

pub(super) async fn run(command: SlotsCommand, session: &Session) -> Result<Reply, Failure> {
    match command {
        SlotsCommand::List { id } => list(session, id).await,
        SlotsCommand::Add(slot) => {
            let manager = session.manager().await?;
            let (purpose, id) = session::find(&manager, &slot.key).await?;
            Ok(changed(&manager.add_slot(purpose, id, &slot.kek).await?))
        }
        SlotsCommand::Remove(slot) => {
            let (yes, slot) = (slot.yes, slot.of);
            let manager = session.manager().await?;
            let (purpose, id) = session::find(&manager, &slot.key).await?;
            if !yes {
                let question = format!("Remove the slot of KEK `{}` from {purpose} key {id}?", slot.kek);
                confirm::ask(&question, "yes", "give --yes")?;
            }
            Ok(changed(&manager.remove_slot(purpose, id, &slot.kek).await?))
        }
    }
}

fn changed(key: &KeyRecord) -> Reply {
    let text = format!("{} key {} is {}.", super::capital(key.purpose.name()), key.id, wrapped_by(key));
    Reply::new(json!({"key": KeyView::of(key)}), text)
}

async fn list(session: &Session, id: Option<u32>) -> Result<Reply, Failure> {
    let manager = session.manager().await?;
    let keyset = manager.keyset().await?;
    if let Some(id) = id.filter(|id| keyset.keys.iter().all(|key| key.id != *id)) {
        session::key(&keyset, &KeyArgs { id, purpose: None })?;
    }
    let keys = keyset.keys.iter().filter(|key| id.is_none_or(|id| id == key.id));
    let slots: Vec<_> = keys.flat_map(|key| key.slots.iter().map(move |slot| (key, slot.kek.as_str()))).collect();
    let kind = |kek: &str| manager.keks().get(kek).ok().map(|kek| kek.kind());
    let json: Vec<Value> = slots
        .iter()
        .map(|(key, kek)| json!({"key_id": key.id, "purpose": key.purpose.name(), "kek": kek, "type": kind(kek)}))
        .collect();
    let rows = slots.iter().map(|(key, kek)| {
        let kind = kind(kek).unwrap_or("not configured");
        vec![key.id.to_string(), key.purpose.to_string(), (*kek).to_owned(), kind.to_owned()]
    });
    Ok(Reply::new(json!({"slots": json}), table::of(&["ID", "PURPOSE", "KEK", "TYPE"], &[0], rows)))
}

pub(super) async fn rewrap(
    session: &Session,
    RewrapArgs { to, from }: RewrapArgs,
    yes: bool,
) -> Result<Reply, Failure> {
    let manager = session.manager().await?;
    manager.keks().get(&to)?;
    if let (Some(from), false) = (&from, yes) {
        let question = if *from == to {
            format!("Make every slot of KEK `{to}` anew?")
        } else {
            format!("Wrap every key by KEK `{to}`, and then drop the slots of `{from}`?")
        };
        confirm::ask(&question, "yes", "give --yes")?;
    }
    let keyset = manager.keyset().await?;
    let all = keyset.keys.iter().filter(|key| key.state != StoredState::Destroyed).count();
    let mut at = 0;
    let progress = |key: &KeyRecord| {
        at += 1;
        if !session.json {
            let line = format!("{at} of {all}: {} key {} comes out of `{to}`", key.purpose, key.id);
            drop(writeln!(std::io::stderr(), "{line}"));
        }
    };
    let done = manager.rewrap(&Rewrap { to: to.clone(), from: from.clone() }, progress).await?;
    let dropped = from
        .filter(|from| *from != to)
        .map_or(String::new(), |from| format!(" {} of `{from}` dropped.", plural(done.dropped, "slot")));
    let text = format!("{} of `{to}` made and proved, {} found.{dropped}", plural(done.made, "slot"), done.found);
    Ok(Reply::new(json!({"to": to, "made": done.made, "found": done.found, "dropped": done.dropped}), text))
}
