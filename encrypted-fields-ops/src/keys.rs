//! `encrypted-fields keys`.

use encrypted_fields::Algorithm;
use encrypted_fields_keys::{KeyManager, KeyRecord, KeysError, Purpose, StoredState};
use serde_json::json;

use crate::cli::{KeyArgs, KeysCommand};
use crate::confirm;
use crate::failure::Failure;
use crate::reply::Reply;
use crate::session::{self, Session};

mod doctor;
mod exchange;
mod init;
mod slots;
mod view;

use view::KeyView;

pub(crate) async fn run(command: KeysCommand, session: &Session) -> Result<Reply, Failure> {
    match command {
        KeysCommand::Init => init::run(session).await,
        KeysCommand::Generate { purpose, algorithm, promote } => generate(session, purpose, algorithm, promote).await,
        KeysCommand::List => view::list(session).await,
        KeysCommand::Show(key) => view::show(session, &key).await,
        KeysCommand::Promote(key) => change(session, &key, None, Change::Promote).await,
        KeysCommand::Retire(key) => change(session, &key.of, Some(key.yes), Change::Retire).await,
        KeysCommand::Disable(key) => change(session, &key.of, Some(key.yes), Change::Disable).await,
        KeysCommand::Enable(key) => change(session, &key, None, Change::Enable).await,
        KeysCommand::Destroy(key) => change(session, &key.of, Some(key.yes), Change::Destroy).await,
        KeysCommand::Slots { command } => slots::run(command, session).await,
        KeysCommand::Rewrap(args) => slots::rewrap(session, args.of, args.yes).await,
        KeysCommand::Import(args) => exchange::import(session, &args).await,
        KeysCommand::Export(args) => exchange::export(session, &args).await,
        KeysCommand::Doctor { rotation_days } => doctor::run(session, rotation_days).await,
    }
}

async fn generate(session: &Session, purpose: Purpose, algorithm: Algorithm, promote: bool) -> Result<Reply, Failure> {
    let manager = session.manager().await?;
    let mut key = manager.generate(purpose, algorithm).await?;
    if promote {
        key = manager.promote(purpose, key.id).await?;
    }
    let id = key.id;
    let next = if promote {
        "It seals from now on.".to_owned()
    } else {
        format!("It opens, and seals nothing yet: encrypted-fields keys promote {id}")
    };
    let text = format!("Made and proved {purpose} key {id} ({}), {}.\n{next}", key.algorithm, view::wrapped_by(&key));
    Ok(Reply::new(json!({"key": KeyView::of(&key)}), text))
}

/// A change of a key's state.
#[derive(Clone, Copy)]
enum Change {
    Promote,
    Retire,
    Disable,
    Enable,
    Destroy,
}

/// `sure`: whether it was told not to ask; None: it need not be.
async fn change(session: &Session, args: &KeyArgs, sure: Option<bool>, change: Change) -> Result<Reply, Failure> {
    let manager = session.manager().await?;
    let keyset = manager.keyset().await?;
    let before = session::key(&keyset, args)?;
    let (purpose, id) = (before.purpose, before.id);
    if sure == Some(false) {
        change.possible(before)?;
        let (question, answer) = change.question(purpose, id);
        confirm::ask(&question, &answer, "give --yes")?;
    }
    let key = change.apply(&manager, purpose, id).await?;
    let text = format!("{} key {id} is {}.\n{}", capital(purpose.name()), key.state, change.then(id));
    Ok(Reply::new(json!({"key": KeyView::of(&key)}), text))
}

impl Change {
    async fn apply(self, manager: &KeyManager, purpose: Purpose, id: u32) -> Result<KeyRecord, KeysError> {
        match self {
            Self::Promote => manager.promote(purpose, id).await,
            Self::Retire => manager.retire(purpose, id).await,
            Self::Disable => manager.disable(purpose, id).await,
            Self::Enable => manager.enable(purpose, id).await,
            Self::Destroy => manager.destroy(purpose, id).await,
        }
    }

    /// Nobody is asked about what will be refused.
    fn possible(self, key: &KeyRecord) -> Result<(), KeysError> {
        match (self, key.state) {
            (Self::Destroy, StoredState::Disabled | StoredState::Destroyed) => Ok(()),
            (Self::Destroy, state) => {
                let instead = "disable it first, and wait until nothing misses it";
                Err(KeysError::State { key_id: key.id, state, doing: "destroyed", instead })
            }
            _ => Ok(()),
        }
    }

    /// What is asked, and what has to be typed.
    fn question(self, purpose: Purpose, id: u32) -> (String, String) {
        match self {
            Self::Destroy => {
                let question = format!("Destroy {purpose} key {id}? Whatever is sealed under it is lost for ever.");
                (question, id.to_string())
            }
            _ => (format!("Stop {purpose} key {id}? What is sealed under it does not open meanwhile."), "yes".into()),
        }
    }

    fn then(self, id: u32) -> String {
        match self {
            Self::Promote => "It seals; the one of before only opens.".into(),
            Self::Retire | Self::Disable => {
                format!("It neither seals nor opens. Back: keys enable {id}\nFor ever: keys destroy {id}")
            }
            Self::Enable => "It opens again, and seals nothing.".into(),
            Self::Destroy => "Its bytes are gone, and its id stays taken.".into(),
        }
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
