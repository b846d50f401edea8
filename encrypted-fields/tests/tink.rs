//! PyPI `tink` opens what this crate seals, and this crate what it seals, with both key types and the context.
//!
//! It runs where `python3` (or `$ENCRYPTED_FIELDS_PYTHON`) can import `tink`: `pip install tink==1.16`. Elsewhere it says
//! that it was skipped, unless `ENCRYPTED_FIELDS_REQUIRE_TINK=1` makes that a failure.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::explicit_write, reason = "test code")]

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use encrypted_fields::{Algorithm, DataKey, Keyring, decrypt_bytes, encrypt_bytes, testing};
use serde_json::{Value, json};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/scripts/tink_interop.py");
const TEMPLATES: [&str; 2] = ["AES256_GCM", "XAES_256_GCM_192_BIT_NONCE"];

struct Python {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Python {
    /// None: there is no Python with tink, and none is required.
    fn start() -> Option<Self> {
        let python = std::env::var("ENCRYPTED_FIELDS_PYTHON").unwrap_or_else(|_| "python3".into());
        let found = Command::new(&python).args(["-c", "import tink"]).output();
        if !found.as_ref().is_ok_and(|output| output.status.success()) {
            let required = std::env::var("ENCRYPTED_FIELDS_REQUIRE_TINK").is_ok_and(|value| value == "1");
            assert!(
                !required,
                "{python} cannot import tink, and ENCRYPTED_FIELDS_REQUIRE_TINK=1: pip install tink==1.16"
            );
            // Past the test harness, which keeps `eprintln!` of a passing test to itself.
            let skipped = "SKIPPED: cannot import tink (pip install tink==1.16); nothing was checked against Tink";
            writeln!(std::io::stderr(), "{python}: {skipped}").unwrap();
            return None;
        }
        let mut child = Command::new(&python).arg(SCRIPT).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (requests, answers) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Some(Self { child, requests, answers })
    }

    fn ask(&mut self, request: &Value) -> Value {
        writeln!(self.requests, "{request}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap()
    }

    fn open(&mut self, keyring: &Keyring, wire: &[u8], context: &[u8]) -> Option<Vec<u8>> {
        let keyset = keyring.export_tink();
        let request = json!({ "do": "open", "keyset": keyset.expose(), "wire": hex(wire), "context": hex(context) });
        self.ask(&request)["plaintext"].as_str().map(unhex)
    }

    fn finish(mut self) {
        drop(self.requests);
        assert!(self.child.wait().unwrap().success());
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// The associated data of [`encrypt_bytes`], spelled out.
fn context(keyring: &Keyring, context: &str) -> Vec<u8> {
    let length = |text: &str| u32::try_from(text.len()).unwrap().to_be_bytes();
    let application = keyring.application();
    let parts = [&[1][..], &length(application), application.as_bytes(), &[0xff], &length(context), context.as_bytes()];
    parts.concat()
}

#[test]
fn what_we_seal_tink_opens() {
    let Some(mut python) = Python::start() else { return };
    for algorithm in [Algorithm::Aes256Gcm, Algorithm::Xaes256Gcm] {
        // An older primary as well: it travels in the keyset, and Tink finds it by the id on the wire.
        let before =
            Keyring::builder("shop").primary(DataKey::generate(Algorithm::Aes256Gcm).unwrap()).build().unwrap();
        let keyring = before.to_builder().rotate_to(DataKey::generate(algorithm).unwrap()).build().unwrap();
        for plaintext in [&b""[..], b"42.50", &[7; 5000]] {
            for sealer in [&before, &keyring] {
                let wire = encrypt_bytes(sealer, plaintext, "user 7").unwrap();
                let tagged = [&[0x0d], plaintext].concat();
                assert_eq!(python.open(&keyring, &wire, &context(&keyring, "user 7")), Some(tagged));
                assert_eq!(python.open(&keyring, &wire, &context(&keyring, "user 8")), None);
            }
        }
    }
    python.finish();
}

#[test]
fn what_tink_seals_we_open() {
    let Some(mut python) = Python::start() else { return };
    let shop = testing::keyring_named("shop");
    for template in TEMPLATES {
        for plaintext in [&b""[..], b"42.50", &[7; 5000]] {
            let tagged = [&[0x0d], plaintext].concat();
            let context = context(&shop, "user 7");
            let request =
                json!({ "do": "seal", "template": template, "plaintext": hex(&tagged), "context": hex(&context) });
            let answer = python.ask(&request);
            let imported = Keyring::builder("shop").tink(answer["keyset"].as_str().unwrap()).unwrap().build().unwrap();
            let wire = unhex(answer["wire"].as_str().unwrap());
            assert_eq!(decrypt_bytes(&imported, &wire, "user 7").unwrap(), plaintext);
            assert!(decrypt_bytes(&imported, &wire, "user 8").is_err());
        }
    }
    python.finish();
}

#[test]
fn the_keysets_of_raw_templates_are_refused() {
    let Some(mut python) = Python::start() else { return };
    for template in ["AES256_GCM_RAW", "AES128_GCM", "XAES_256_GCM_192_BIT_NONCE_NO_PREFIX", "AES256_EAX"] {
        let answer = python.ask(&json!({ "do": "seal", "template": template, "plaintext": "", "context": "" }));
        assert!(Keyring::builder("shop").tink(answer["keyset"].as_str().unwrap()).is_err(), "{template}");
    }
    python.finish();
}
