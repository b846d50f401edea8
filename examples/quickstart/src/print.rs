//! What the quickstart says; nothing here is needed to use the library.
#![allow(clippy::print_stdout, reason = "an example prints")]

use std::fmt;

use diesel::QueryableByName;
use diesel::sql_types::Binary;
use encrypted_fields::{Algorithm, current_keyring};

use crate::User;

/// Any error, shown as the sentence that it is when `main` returns it.
pub(crate) struct Error(Box<dyn std::error::Error + Send + Sync>);

impl<E: Into<Box<dyn std::error::Error + Send + Sync>>> From<E> for Error {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The sealed columns of Ada's row as plain bytes: what anybody sees who can read the database.
#[derive(QueryableByName)]
pub(crate) struct Raw {
    #[diesel(sql_type = Binary)]
    pub(crate) email: Vec<u8>,
    #[diesel(sql_type = Binary)]
    pub(crate) phone: Vec<u8>,
    #[diesel(sql_type = Binary)]
    pub(crate) balance: Vec<u8>,
}

pub(crate) fn flipped(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
    bytes
}

pub(crate) fn key(kept: bool, id: u32) {
    if kept {
        println!("Key {id}, from ENCRYPTION_KEY.");
    } else {
        println!("Key {id}, made for this run and forgotten after it. To make one and keep it:");
        println!("    export ENCRYPTION_KEY=$(openssl rand -base64 32)");
    }
}

/// `01 | key id | nonce | ciphertext | tag`
pub(crate) fn stored(what: &str, bytes: &[u8]) -> Result<(), Error> {
    let keyring = current_keyring()?;
    let nonce = if keyring.keys().any(|key| key.algorithm == Algorithm::Xaes256Gcm) { 24 } else { 12 };
    let tag = bytes.len().saturating_sub(16);
    println!("\n{what} ({} bytes):", bytes.len());
    for (part, name) in [
        (0..1, "version"),
        (1..5, &*format!("key id, {} in decimal", keyring.primary_id())),
        (5..5 + nonce, "nonce, random"),
        (5 + nonce..tag, "ciphertext"),
        (tag..bytes.len(), "tag: proves all of this, and the column and row it is in"),
    ] {
        println!("    {:<width$}  {name}", hex(bytes.get(part).unwrap_or_default()), width = nonce.max(16) * 2);
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn user(what: &str, user: &User) {
    println!("\n{what}:");
    print!("{}", indented(&format!("{user:?}")));
}

/// Fails where nothing was refused.
pub(crate) fn refused<T, E: fmt::Display>(what: &str, read: Result<T, E>) -> Result<(), Error> {
    match read {
        Ok(_) => Err(format!("{what}: NOT refused").into()),
        Err(error) => {
            print!("\nRefused: {what}\n{}", indented(&error.to_string()));
            Ok(())
        }
    }
}

/// The same words, in lines that a terminal does not break.
fn indented(text: &str) -> String {
    let mut lines = String::new();
    let mut width = 0;
    for word in text.split(' ') {
        let fits = width > 0 && width + 1 + word.chars().count() <= 80;
        lines.push_str(match (fits, width) {
            (true, _) => " ",
            (false, 0) => "    ",
            (false, _) => "\n    ",
        });
        width = word.chars().count() + if fits { width + 1 } else { 4 };
        lines.push_str(word);
    }
    lines.push('\n');
    lines
}
