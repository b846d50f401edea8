use crate::place::{Place, STORES, Store, keks};

fn codes(place: &Place, command: &str) -> Vec<(String, String)> {
    let ran = place.run(&format!("{command} --json"));
    assert!(ran.code == 0 || ran.code == 3, "{ran:?}");
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let findings = ran.json()["findings"].as_array().unwrap().clone();
    let worse = findings.iter().any(|it| it["severity"] != "note");
    assert_eq!(ran.code, if worse { 3 } else { 0 }, "{ran:?}");
    for finding in &findings {
        assert!(!text(&finding["what"]).is_empty() && !text(&finding["mend"]).is_empty(), "{finding}");
    }
    findings.iter().map(|it| (text(&it["severity"]), text(&it["code"]))).collect()
}

fn has(found: &[(String, String)], severity: &str, code: &str) {
    assert!(found.contains(&(severity.into(), code.into())), "{severity} {code}: {found:?}");
}

#[test]
fn garbage_in_the_configuration_is_refused_with_its_line() {
    let place = Place::empty(Store::File);
    for garbage in [
        "store = 'file:keys.json'\nstores = 1\n",
        "[[kek]]\n",
        "kek = 5",
        "kek = [5]",
        "[kek]\nname = 'a'\n",
        "wrap = []",
        "wrap = [1]",
        "least_generation = 1.5",
        "least_generation = 99999999999999999999999",
        "store = ['a']",
        "store = 'keys.json'",
        "store = 'sqlite:'",
        "store = 'sqlite://keys.sqlite'",
        "store = 'file:a'\nstore_env = 'B'",
        "tenant = { a = 1 }",
        "= 5",
        "[[kek]]\nname = ''\ntype = 'local'\nenv = 'A'",
        "[[kek]]\nname = 'a'\ntype = 'gcp'\n",
        "[[kek]]\nname = 'a'\ntype = 'local'\nenv = 7\n",
        "[[kek]]\nname = 'a'\ntype = 'local'\nenv = 'A'\n[[kek]]\nname = 'a'\ntype = 'local'\nenv = 'B'\n",
    ] {
        place.configure(garbage);
        let ran = place.run("keys list");
        assert_eq!(ran.code, 2, "{garbage}: {ran:?}");
        assert!(
            ran.stderr.contains("encrypted-fields.toml, line ") && ran.stderr.contains("try: "),
            "{garbage}: {ran:?}"
        );
        assert!(!ran.stderr.contains("panicked"), "{ran:?}");
        assert_eq!(place.refused("keys list"), "configuration");
        assert!(
            codes(&place, "config check").iter().all(|(severity, code)| severity == "error" && code == "configuration")
        );
    }
    std::fs::write(place.path("encrypted-fields.toml"), [0xff, 0xfe, 0x00]).unwrap();
    assert_eq!(place.run("keys list").code, 2);
    assert_eq!(place.run("keys list --config /").code, 2);
    assert_eq!(place.run("keys list --config not-there.toml").code, 2);
}

#[test]
fn everything_wrong_is_found_at_once() {
    let mut place = Place::empty(Store::Sqlite);
    place.set("ENCRYPTION_KEY", crate::place::MAIN);
    place.configure(
        "store = 'sqlite:keys.sqlite'\nwrap = ['main', 'other']\n[[kek]]\nname = 'main'\ntype = 'local'\nfile = 'main.key'\n\
         [[kek]]\nname = 'variable'\ntype = 'local'\nenv = 'NOT_SET'\n\
         [[kek]]\nname = 'lost'\ntype = 'local'\nfile = 'not-there.key'\n",
    );
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(place.path("main.key"), mode).unwrap();
    let found = codes(&place, "config check");
    has(&found, "error", "kek-configuration");
    assert_eq!(found.iter().filter(|(_, code)| code == "kek-configuration").count(), 2, "{found:?}");
    has(&found, "error", "wrap-unknown-kek");
    has(&found, "error", "no-tables");
    has(&found, "warning", "key-file-readable-by-all");
    has(&found, "note", "raw-key");
    has(&found, "note", "only-local-keks");
}

#[test]
fn an_empty_configuration_is_told_what_it_lacks() {
    let place = Place::empty(Store::File);
    place.write("encrypted-fields.toml", "");
    let found = codes(&place, "config check");
    for code in ["no-application", "no-store", "no-kek"] {
        has(&found, "error", code);
    }
    assert_eq!(place.refused("keys list"), "configuration");
}

#[test]
fn a_store_without_keys_and_keys_without_a_primary_are_found() {
    let place = Place::empty(Store::File);
    has(&codes(&place, "config check"), "error", "no-keyset");
    place.ok("keys generate");
    has(&codes(&place, "config check"), "error", "no-primary");
    has(&codes(&place, "keys doctor"), "error", "no-primary");
    place.configure(&format!("store = 'file:keys.json'\n{}", keks(&["main"])));
    let found = codes(&place, "keys doctor");
    has(&found, "note", "slot-of-other-kek");
    place.ok("keys generate --promote");
    has(&codes(&place, "keys doctor"), "warning", "single-slot");
}

#[test]
fn a_kek_of_another_key_under_the_same_name_is_found() {
    for store in STORES {
        let place = Place::with_key(store);
        place.write("main.key", crate::place::RECOVERY);
        let found = codes(&place, "keys doctor");
        has(&found, "error", "slot-does-not-open");
        // The recovery slot goes on.
        place.ok("keys list");
    }
}

#[test]
fn a_store_that_is_not_there_is_said_within_seconds() {
    let mut place = Place::empty(Store::File);
    place.set("GONE", "postgres://nobody:hunter2@127.0.0.1:9/shop");
    let begun = std::time::Instant::now();
    let ran = place.run("keys list --store-env GONE");
    assert!(begun.elapsed().as_secs() < 30);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("cannot be reached") && !ran.stderr.contains("hunter2"), "{ran:?}");
    assert_eq!(place.refused("keys list --store-env GONE"), "store-unreachable");
    has(&codes(&place, "config check --store-env GONE"), "error", "store-unreachable");
}

#[test]
fn a_store_that_was_tampered_with_is_refused() {
    let place = Place::with_key(Store::File);
    let stored = std::fs::read_to_string(place.path("keys.json")).unwrap();
    place.write("keys.json", &stored.replace("\"imported\": true", "").replace("\"primary\"", "\"decrypt-only\""));
    assert_eq!(place.refused("keys list"), "distrust");
    has(&codes(&place, "config check"), "error", "distrust");
    place.write("keys.json", "{");
    assert_eq!(place.refused("keys list"), "store-malformed");
}

#[test]
fn the_command_line_says_what_it_takes() {
    let place = Place::empty(Store::File);
    for arguments in
        ["", "keys", "keys generate --purpose store-root", "keys show x", "keys show 4294967296", "keys import"]
    {
        let ran = Some(arguments)
            .filter(|it| !it.is_empty())
            .map_or_else(|| crate::place::Ran::of(place.command(&[]).output().unwrap()), |it| place.run(it));
        assert_eq!(ran.code, 2, "{arguments}: {ran:?}");
    }
    assert_eq!(place.refused("keys show x"), "usage");
    let help = place.run("--help");
    assert!(help.code == 0 && help.stdout.contains("Exit codes"), "{help:?}");
}
