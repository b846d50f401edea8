//! The formats, held by values that were worked out apart from this crate (Python, `cryptography`), and frozen.

use encrypted_fields::{Algorithm, KeyMaterial, KeyOrigin, NonceSource, RootKey};
use serde::Deserialize;

use super::authority::Authority;
use super::ledger_file::LedgerFile;
use super::namespace::Namespace;
use super::store::{FoundKey, StoredHead, StoredKey};
use super::wrapping::{Unwrapping, write_context};

#[derive(Deserialize)]
struct Vectors {
    store_root: String,
    subject_root: String,
    application: String,
    tenant: String,
    empty_head: String,
    subjects: Vec<Subject>,
}

#[derive(Deserialize)]
struct Subject {
    subject: String,
    key_id: u32,
    algorithm: String,
    keys: String,
    root_id: u32,
    context: String,
    wrapped: String,
    erased_at: i64,
    tombstone: String,
    entry: String,
    chain: String,
    head: String,
    line: String,
}

fn vectors() -> (Vectors, Authority, RootKey) {
    let vectors: Vectors = serde_json::from_str(include_str!("../../vectors/subjects.json")).unwrap();
    assert_eq!(vectors.subjects.len(), 3);
    let namespace = Namespace::new(vectors.application.clone(), vectors.tenant.clone());
    let authority = Authority::new(namespace, root(&vectors.store_root));
    let subject_root = root(&vectors.subject_root);
    (vectors, authority, subject_root)
}

fn root(hex: &str) -> RootKey {
    KeyMaterial::parse(hex, &KeyOrigin::Given).unwrap().root_key().unwrap()
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn frozen_subject_keys_unwrap() {
    let (vectors, authority, subject_root) = vectors();
    let roots = [subject_root];
    let mut unwrapping = Unwrapping::new(&roots, &authority.namespace, NonceSource::default());
    for vector in vectors.subjects {
        let mut context = Vec::new();
        let subject = bytes(&vector.subject);
        write_context(&authority.namespace, &subject, vector.key_id, &vector.algorithm, &mut context);
        assert_eq!(context, bytes(&vector.context));
        let key = FoundKey {
            subject,
            key_id: vector.key_id.into(),
            algorithm: vector.algorithm.clone(),
            wrapped: Some(bytes(&vector.wrapped)),
            erased_at: None,
            mac: None,
        };
        assert_eq!(super::wrapping::root_of(&bytes(&vector.wrapped)), Some(vector.root_id));
        let keyring = unwrapping.keyring(&key).unwrap();
        assert_eq!((keyring.application(), keyring.primary_id()), ("shop", vector.key_id));
        // The same key as one of these bytes: it opens what that seals.
        let algorithm: Algorithm = vector.algorithm.parse().unwrap();
        let same = keyring.of_subject(&bytes(&vector.keys), algorithm, vector.key_id).unwrap();
        let sealed = same.seal_raw(b"here", b"value").unwrap();
        assert_eq!(keyring.open_raw(b"here", &sealed, &mut Vec::new()).unwrap(), b"value");
    }
}

#[test]
fn frozen_tombstones_entries_and_heads_verify_and_are_made_again() {
    let (vectors, authority, _) = vectors();
    let empty = authority.head(0, Vec::new());
    assert_eq!(empty.mac, bytes(&vectors.empty_head));
    let (mut seq, mut chain) = (0, Vec::new());
    for vector in vectors.subjects {
        let subject = bytes(&vector.subject);
        let erased = (subject.as_slice(), vector.key_id, vector.erased_at);
        let (entry, head) = authority.entry((seq, &chain), erased);
        assert_eq!((&entry.mac, &entry.chain), (&bytes(&vector.entry), &bytes(&vector.chain)));
        assert_eq!(head, StoredHead { seq: seq + 1, chain: bytes(&vector.chain), mac: bytes(&vector.head) });
        assert!(authority.is_entry(&entry) && authority.is_head(&head));
        let tombstone = authority.tombstone(&subject, (vector.key_id, vector.erased_at), None::<&StoredKey>);
        assert_eq!(tombstone.mac, Some(bytes(&vector.tombstone)));
        assert_eq!(authority.is_tombstone(&tombstone.into()), Some(vector.erased_at));
        (seq, chain) = (seq + 1, entry.chain);
    }
}

#[test]
fn a_frozen_ledger_file_is_read_and_written_again() {
    let (vectors, authority, _) = vectors();
    let directory = std::env::temp_dir().join(format!("encrypted-fields-vectors-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let lines: String = vectors.subjects.iter().map(|vector| vector.line.clone() + "\n").collect();
    let (frozen, again) = (directory.join("frozen.jsonl"), directory.join("again.jsonl"));
    std::fs::write(&frozen, &lines).unwrap();
    let entries = LedgerFile::new(&frozen, &authority).entries().unwrap();
    assert_eq!(LedgerFile::new(&again, &authority).append(&entries).unwrap(), 3);
    let written = std::fs::read_to_string(&again).unwrap();
    std::fs::remove_dir_all(&directory).unwrap();
    assert_eq!(written, lines);
}
