//! `#[derive(EncryptedModel)]`.
