use encrypted_fields::{Algorithm, DataKey, Keyring};
use serde_json::Value;

use crate::place::{MAIN, Place, RECOVERY, Ran, Store};

const KEY: &str = "Y2FuYXJ5IGNhbmFyeSBjYW5hcnkgY2FuYXJ5IDEyMzQ=";
const ENV_KEK: &str = "ZW52IGVudiBlbnYgZW52IGVudiBlbnYgZW52IGVudiE=";

/// A key in every form that could be printed: as it was written, its bytes as text, as hex, as a list of numbers.
fn forms(key: &str) -> Vec<String> {
    let bytes = base64ct_decode(key);
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let list = bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(", ");
    let mut forms = vec![key.trim_end_matches('=').to_owned(), hex.to_uppercase(), hex, list];
    forms.extend(String::from_utf8(bytes).ok());
    forms
}

fn base64ct_decode(text: &str) -> Vec<u8> {
    use base64ct::Encoding as _;
    base64ct::Base64::decode_vec(text).unwrap()
}

fn shows_nothing(ran: &Ran, canaries: &[String], what: &str) {
    for canary in canaries {
        assert!(!ran.stdout.contains(canary) && !ran.stderr.contains(canary), "{what} shows {canary}");
    }
}

#[test]
fn in_output_logs_errors_or_arguments() {
    for store in [Store::Sqlite, Store::Postgres] {
        let mut place = Place::empty(store);
        place.set("ENCRYPTION_KEY", KEY);
        place.set("ENCRYPTED_FIELDS_KEK", ENV_KEK);
        place.set("WITH_PASSWORD", "postgres://shop:hunter2-password@127.0.0.1:9/shop?password=hunter2-password");
        place.set("NO_KEY", "hunter2-no-key");
        let mut canaries: Vec<_> = [MAIN, RECOVERY, KEY, ENV_KEK].into_iter().flat_map(forms).collect();
        canaries.push("hunter2".into());

        let run = |arguments: &str, canaries: &[String]| {
            let ran = place.run(&format!("{arguments} -vvv"));
            shows_nothing(&ran, canaries, arguments);
            shows_nothing(&place.run(&format!("{arguments} -vvv --json")), canaries, arguments);
            ran
        };
        run("keys init", &canaries);
        assert_eq!(run("keys import --env ENCRYPTION_KEY --promote", &canaries).code, 0);
        assert_eq!(run("keys generate --promote", &canaries).code, 0);
        // The keys of the store themselves, as far as they can be had at all.
        let exported = place.run("keys export --tink --stdout --yes-export-secret-keys");
        let keyset: Value = serde_json::from_str(&exported.stdout).unwrap();
        for key in keyset["key"].as_array().unwrap() {
            canaries.push(key["keyData"]["value"].as_str().unwrap().trim_end_matches('=').to_owned());
        }
        let derived =
            Keyring::builder("shop").primary(DataKey::parse(KEY, Algorithm::Aes256Gcm).unwrap()).build().unwrap();
        let derived: Value = serde_json::from_str(derived.export_tink().expose()).unwrap();
        canaries.push(derived["key"][0]["keyData"]["value"].as_str().unwrap().trim_end_matches('=').to_owned());

        let id = place.primaries("data")[0];
        for arguments in [
            "keys list",
            &format!("keys show {id}"),
            "keys slots list",
            "keys rewrap --to main",
            "keys rewrap --to main --from main --yes",
            "keys doctor",
            "keys export --tink --output out.json --yes-export-secret-keys",
            "config show",
            "config check",
            "keys import --env NO_KEY --purpose data",
            "keys import --env ENCRYPTION_KEY --tink",
            "keys list --store-env WITH_PASSWORD",
            "keys list --store-env NO_KEY",
            "config show --store-env WITH_PASSWORD",
            "config check --store-env WITH_PASSWORD",
            "keys promote 7",
        ] {
            run(arguments, &canaries);
        }
        // The log is there: it was not silence that kept them.
        std::fs::remove_file(place.path("main.key")).unwrap();
        assert!(run("keys list", &canaries).stderr.contains("WARN"));

        // A key where its variable's name belongs.
        place.configure(&format!("store = 'file:a'\n[[kek]]\nname = 'a'\ntype = 'local'\nenv = '{KEY}'\n"));
        let ran = run("config check", &canaries);
        assert!(ran.code == 3 && ran.stdout.contains("line 6"), "{ran:?}");
        place.configure("[[kek]]\nname = 'a'\ntype = 'local'\nenv = 'NO_KEY'\n");
        run("keys list --store file:b", &canaries);
    }
}

#[cfg(feature = "steps")]
#[test]
fn in_what_ps_shows_while_it_runs() {
    let mut place = Place::empty(Store::File);
    place.set("ENCRYPTION_KEY", KEY);
    for (step, arguments) in [
        ("generate: stored", "keys import --env ENCRYPTION_KEY"),
        ("generate: wrapped", "keys generate"),
        ("rewrap: stored", "keys rewrap --to main --from main --yes"),
    ] {
        let running = place.stopped_at(step, arguments);
        let shown = std::fs::read(format!("/proc/{}/cmdline", running.id())).unwrap();
        let shown = String::from_utf8_lossy(&shown).replace('\0', " ");
        assert!(shown.contains(arguments), "{shown}");
        for canary in [MAIN, RECOVERY, KEY].into_iter().flat_map(forms) {
            assert!(!shown.contains(&canary), "{shown}");
        }
        assert_eq!(running.go_on().code, 0);
    }
}
