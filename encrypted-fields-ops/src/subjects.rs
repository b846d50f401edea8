//! `encrypted-fields subjects`.

use std::path::PathBuf;
use std::time::SystemTime;

use encrypted_fields::ScopeId;
use encrypted_fields_keys::Finding;
use encrypted_fields_keys::config::StoreUrl;
use encrypted_fields_keys::subjects::{LedgerReason, Status, Subjects, SubjectsBuilder, SubjectsError};
use serde_json::json;

use crate::cli::{EraseArgs, SubjectArgs, SubjectKind, SubjectsCommand};
use crate::failure::Failure;
use crate::reply::{Reply, plural};
use crate::session::Session;
use crate::{confirm, table, tables, time};

pub(crate) async fn run(command: SubjectsCommand, session: &Session) -> Result<Reply, Failure> {
    match command {
        SubjectsCommand::Init => init(session).await,
        SubjectsCommand::Show(subject) => show(session, &subject).await,
        SubjectsCommand::Erase(args) => erase(session, &args.of, args.yes).await,
        SubjectsCommand::Replay { ledger } => replay(session, ledger).await,
        SubjectsCommand::Rewrap { page } => rewrap(session, page).await,
        SubjectsCommand::Verify => verify(session).await,
    }
}

async fn builder(session: &Session) -> Result<SubjectsBuilder, Failure> {
    let builder = session.config.subjects(&session.manager().await?).await?;
    #[cfg(feature = "steps")]
    let builder = match crate::steps::hook() {
        Some(hook) => builder.on_step(hook),
        None => builder,
    };
    Ok(builder)
}

async fn start(session: &Session) -> Result<Subjects, Failure> {
    Ok(builder(session).await?.start().await?)
}

async fn init(session: &Session) -> Result<Reply, Failure> {
    let url = session.config.subjects_url()?.clone();
    let name = url.to_string();
    if matches!(url, StoreUrl::File(_)) {
        let what = format!("subject keys are not kept in a file, and {name} is one");
        return Err(Failure::usage(what, "set `store` or `store_env` of [subjects] to postgres://.. or sqlite:PATH"));
    }
    tables::create(url, tables::Set::Subjects).await.map_err(|why| {
        let what = format!("the tables of {name} cannot be created: {why}");
        Failure::failed("init", what, "see whether this user may create tables there")
    })?;
    let text = format!("The tables for subject keys are in {name}.");
    Ok(Reply::new(json!({"store": name}), text))
}

async fn show(session: &Session, args: &SubjectArgs) -> Result<Reply, Failure> {
    let (scope, kind) = scope(args)?;
    let status = start(session).await?.status(scope).await?;
    let now = time::now();
    let date = |date: i64| format!("{} ({} ago)", time::rfc3339(date), time::age(date, now));
    let mut json = json!({"as": kind, "status": name_of(&status)});
    let mut rows = vec![("as", kind.to_owned()), ("status", name_of(&status).to_owned())];
    match status {
        Status::Present { key_id, root_id } => {
            json = json!({"as": kind, "status": "present", "key_id": key_id, "root_id": root_id});
            rows.extend([("key", key_id.to_string()), ("root", root_id.to_string())]);
        }
        Status::Erased { at } => {
            json = json!({"as": kind, "status": "erased", "erased": time::rfc3339(at)});
            rows.push(("erased", date(at)));
        }
        Status::Unusable { reason } => {
            json = json!({"as": kind, "status": "unusable", "reason": reason});
            rows.push(("why", reason.to_owned()));
        }
        _ => {}
    }
    let text = table::pairs(rows.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Ok(Reply::new(json!({"subject": json}), text))
}

fn name_of(status: &Status) -> &'static str {
    match status {
        Status::Present { .. } => "present",
        Status::Erased { .. } => "erased",
        Status::Unusable { .. } => "unusable",
        _ => "absent",
    }
}

async fn erase(session: &Session, args: &EraseArgs, yes: bool) -> Result<Reply, Failure> {
    let (scope, kind) = scope(&args.subject)?;
    let subjects = start(session).await?;
    // Somebody else erased, because an id was mistyped or read as another type, is somebody not erased.
    if !args.absent && subjects.status(scope.clone()).await? == Status::Absent {
        let what = format!("no data subject has this id as {kind}, and nothing was done");
        let tries = "see the id and --as; or --absent, so that it never gets a key";
        return Err(Failure::failed("absent", what, tries));
    }
    if !yes {
        let question =
            "Erase this data subject? Whatever is sealed under its key is unreadable for ever, in every table.";
        confirm::ask(question, &args.subject.subject, "give --yes")?;
    }
    let erasure = subjects.erase(scope, SystemTime::now()).await?;
    let again = if erasure.again { ", and was before" } else { "" };
    let text = format!("It is erased since {}{again}.", time::rfc3339(erasure.at));
    let json = json!({"erased": time::rfc3339(erasure.at), "key_id": erasure.key_id, "again": erasure.again});
    Ok(Reply::new(json, text))
}

async fn replay(session: &Session, ledger: Option<PathBuf>) -> Result<Reply, Failure> {
    let builder = builder(session).await?;
    let done = match ledger.as_deref().or(session.config.subjects_ledger()) {
        Some(path) => builder.replay_from(path).await?,
        None => {
            let tries = "set `ledger` of [subjects], or --ledger FILE";
            return Err(Failure::usage("there is no ledger file to replay", tries));
        }
    };
    let text = format!(
        "{} in the ledger file: {} erased again, {} already were. It can be served.",
        plural(done.entries, "erasure"),
        done.erased,
        done.already
    );
    Ok(Reply::new(json!({"entries": done.entries, "erased": done.erased, "already": done.already}), text))
}

async fn rewrap(session: &Session, page: usize) -> Result<Reply, Failure> {
    let done = start(session).await?.rewrap(page).await?;
    let left: Vec<_> = done.left.iter().map(|(root, keys)| json!({"root_id": root, "keys": keys})).collect();
    let mut text = format!("{} wrapped anew.", plural(done.rewrapped, "key"));
    for (root, keys) in &done.left {
        text.push_str(&format!(
            "\n{keys} left under subject root {root}: run it again; `subjects verify` shows what cannot be."
        ));
    }
    if done.left.is_empty() {
        text.push_str(" No older root wraps anything: retire and destroy it, and older dumps are closed.");
    }
    let json = json!({"rewrapped": done.rewrapped, "changed": done.changed, "unusable": done.unusable, "left": left});
    Ok(Reply::new(json, text))
}

async fn verify(session: &Session) -> Result<Reply, Failure> {
    let found = builder(session).await?.verify().await?;
    let findings: Vec<_> = found
        .findings
        .iter()
        .map(|it| Finding::error("subjects", it.to_string(), "restore the subject keys, and replay the ledger file"))
        .collect();
    let fine = format!(
        "{} unwrap, {} and {} verify.",
        plural(found.keys, "key"),
        plural(found.tombstones, "tombstone"),
        plural(found.entries, "erasure")
    );
    Ok(Reply::findings(&findings, &fine))
}

/// The subject, and as what it was read.
fn scope(SubjectArgs { subject, kind }: &SubjectArgs) -> Result<(ScopeId, &'static str), Failure> {
    let integer = subject.parse::<i64>();
    let uuid = subject.parse::<uuid::Uuid>();
    let no = |what: &str| Failure::usage(format!("the subject is no {what}"), "see --as");
    match kind {
        Some(SubjectKind::Integer) => Ok((integer.map_err(|_| no("integer"))?.into(), "integer")),
        Some(SubjectKind::Uuid) => Ok((uuid.map_err(|_| no("UUID"))?.into(), "uuid")),
        Some(SubjectKind::Text) => Ok((subject.as_str().into(), "text")),
        None => Ok(match (integer, uuid) {
            (Ok(integer), _) => (integer.into(), "integer"),
            (_, Ok(uuid)) => (uuid.into(), "uuid"),
            _ => (subject.as_str().into(), "text"),
        }),
    }
}

impl From<SubjectsError> for Failure {
    fn from(error: SubjectsError) -> Self {
        let (code, tries) = match &error {
            SubjectsError::Database { .. } => {
                ("subjects-database", "encrypted-fields subjects init; encrypted-fields config show")
            }
            SubjectsError::Ledger(LedgerReason::Behind { .. }) => ("behind", "encrypted-fields subjects replay"),
            SubjectsError::Ledger(_) => ("ledger", "encrypted-fields subjects verify"),
            SubjectsError::File { .. } => ("ledger-file", "encrypted-fields subjects verify"),
            SubjectsError::NoRoot => ("no-root", "encrypted-fields keys generate --purpose subject-root --promote"),
            _ => ("subjects", "encrypted-fields subjects verify"),
        };
        Self::failed(code, error.to_string(), tries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_read_as_the_type_of_its_column() {
        let read = |subject: &str, kind| scope(&SubjectArgs { subject: subject.into(), kind }).map(|(scope, _)| scope);
        let uuid = "0191d1a0-0000-7000-8000-000000000001";
        assert_eq!(read("7", None).unwrap(), ScopeId::from(7_i64));
        assert_eq!(read("-7", None).unwrap(), ScopeId::from(-7_i64));
        assert_eq!(read(uuid, None).unwrap(), ScopeId::from(uuid.parse::<uuid::Uuid>().unwrap()));
        assert_eq!(read("ada", None).unwrap(), ScopeId::from("ada"));
        assert_eq!(read("7", Some(SubjectKind::Text)).unwrap(), ScopeId::from("7"));
        assert!(read("ada", Some(SubjectKind::Integer)).is_err());
        assert!(read("7", Some(SubjectKind::Uuid)).is_err());
    }
}
