//! Which keyring code runs under where it is passed none, and what happens where there is none.

mod of_a_task;
mod of_a_thread;
mod of_the_process;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::result::Error;
use encrypted_fields::error::{NoKeyring, OpenReason, SealReason};
use encrypted_fields::{EncryptedModel, OpenError, SealError, scope, testing};

use crate::harness;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    notes (id) {
        id -> BigInt,
        body -> Encrypted<Text>,
    }
}

const POSTGRES: &str = "CREATE TABLE notes (id BIGINT PRIMARY KEY, body enc_text NOT NULL)";
const SQLITE: &str = "CREATE TABLE notes (id BIGINT PRIMARY KEY, body BLOB NOT NULL)";

#[derive(Debug, Clone, PartialEq, Identifiable, EncryptedModel)]
struct Note {
    id: i64,
    #[encrypted]
    body: String,
}

fn note(id: i64) -> Note {
    Note { id, body: format!("note {id}") }
}

/// Why no keyring was found, whether to seal or to open.
fn no_keyring(error: Error) -> NoKeyring {
    match error {
        Error::SerializationError(error) => match error.downcast_ref::<SealError>().map(SealError::reason) {
            Some(SealReason::NoKeyring(why)) => *why,
            _ => panic!("{error}"),
        },
        Error::DeserializationError(error) => match error.downcast_ref::<OpenError>().map(OpenError::reason) {
            Some(OpenReason::NoKeyring(why)) => *why,
            _ => panic!("{error}"),
        },
        error => panic!("{error:?}"),
    }
}
