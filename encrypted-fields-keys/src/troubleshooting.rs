//! `guides/troubleshooting-keys.md` cannot drift: it has every message of keys at rest, and none that is gone.

use crate::error::KeysError;
use crate::kek::{KekError, KekReason};
use crate::keyset::Distrust;
use crate::purpose::Purpose;
use crate::record::StoredState;
use crate::store::StoreError;

const GUIDE: &str = include_str!("../../guides/troubleshooting-keys.md");

/// What stands for a part that differs, and is not a word of any message.
const ANY: &str = "…";
const NUMBER: u32 = 4_242_424_242;

fn any() -> String {
    ANY.into()
}

fn store_errors() -> Vec<StoreError> {
    use StoreError as E;
    // A new variant does not compile until it is listed here, and then not pass until the guide has it.
    match E::Conflict {
        E::Conflict | E::Unreachable { .. } | E::NoTables { .. } | E::Malformed { .. } | E::Failed { .. } => {}
    }
    vec![
        E::Conflict,
        E::Unreachable { store: any(), reason: any() },
        E::NoTables { store: any() },
        E::Malformed { store: any(), reason: any() },
        E::Failed { store: any(), reason: any() },
    ]
}

fn distrusts() -> Vec<Distrust> {
    use Distrust as D;
    match D::Altered {
        D::Altered | D::RolledBack { .. } | D::Forked { .. } | D::Nonsense(_) => {}
    }
    let generation = NUMBER.into();
    vec![
        D::Altered,
        D::RolledBack { found: generation, seen: generation },
        D::Forked { generation },
        D::Nonsense(any()),
    ]
}

fn kek_reasons() -> Vec<KekReason> {
    use KekReason as R;
    match R::Altered {
        R::Denied { .. } | R::Unreachable { .. } | R::Throttled { .. } | R::NotFound { .. } | R::Disabled { .. } => {}
        R::WrongKey { .. } | R::Altered | R::Configuration(_) | R::Other { .. } => {}
    }
    let detail = any;
    vec![
        R::Denied { detail: detail() },
        R::Unreachable { detail: detail() },
        R::Throttled { detail: detail() },
        R::NotFound { detail: detail() },
        R::Disabled { detail: detail() },
        R::WrongKey { detail: detail() },
        R::Altered,
        R::Other { detail: detail() },
    ]
}

fn keys_errors() -> Vec<KeysError> {
    use KeysError as E;
    match E::Configuration(any()) {
        E::Store(_) | E::Distrust(_) | E::Kek(_) | E::Key(_) | E::Configuration(_) | E::NoKeyset { .. } => {}
        E::KeysetExists { .. } | E::Locked { .. } | E::NoKek { .. } | E::WrongBytes { .. } | E::NoSuchKey { .. } => {}
        E::State { .. } | E::PrimaryChanged { .. } | E::LastSlot { .. } | E::NoSlot { .. } | E::UnknownKek { .. } => {}
        E::KeyExists { .. } | E::Counter { .. } => {}
    }
    let (purpose, key_id) = (Purpose::StoreRoot, NUMBER);
    let (store, application, tenant) = (any, any, String::new);
    vec![
        E::NoKeyset { store: store(), application: application(), tenant: tenant() },
        E::KeysetExists { store: store(), application: application(), tenant: tenant() },
        E::Locked { purpose, key_id, failures: vec![KekError::new(ANY, KekReason::Configuration(any()))] },
        E::NoKek { purpose, key_id, slots: vec![any()] },
        E::WrongBytes { kek: any(), purpose, key_id },
        E::NoSuchKey { key_id },
        E::State { key_id, state: StoredState::Pending, doing: ANY, instead: ANY },
        E::PrimaryChanged { now: NUMBER, asked: NUMBER },
        E::LastSlot { key_id, kek: any() },
        E::NoSlot { key_id, kek: any() },
        E::UnknownKek { name: any(), configured: vec![any()] },
        E::KeyExists { key_id },
        E::Counter { key_id, what: ANY },
    ]
}

/// Every message, with [`ANY`] for what differs.
fn messages() -> Vec<String> {
    let mut messages: Vec<_> = store_errors().iter().map(ToString::to_string).collect();
    messages.extend(distrusts().iter().map(ToString::to_string));
    messages.extend(kek_reasons().into_iter().map(|reason| KekError::new(ANY, reason).to_string()));
    messages.extend(keys_errors().iter().map(ToString::to_string));
    messages.iter().map(|message| template(message)).collect()
}

fn template(message: &str) -> String {
    let numbers = message.replace(&NUMBER.to_string(), ANY);
    let words = numbers.replace(&format!("{} key", Purpose::StoreRoot), &format!("{ANY} key"));
    words.replace(&format!("is {},", StoredState::Pending), &format!("is {ANY},"))
}

#[test]
fn the_guide_has_every_message_and_none_that_is_gone() {
    let blocks: Vec<_> =
        GUIDE.split("```text\n").skip(1).filter_map(|rest| Some(rest.split_once("\n```")?.0)).collect();
    let messages = messages();
    let missing: Vec<_> = messages.iter().filter(|message| !blocks.contains(&message.as_str())).cloned().collect();
    assert!(missing.is_empty(), "guides/troubleshooting-keys.md lacks:\n{}", missing.join("\n"));
    let gone: Vec<_> = blocks.iter().filter(|block| !messages.iter().any(|it| it == *block)).copied().collect();
    assert!(gone.is_empty(), "guides/troubleshooting-keys.md has messages of no error:\n{}", gone.join("\n"));
}
