use encrypted_fields_keys::config::{Config, Overrides};

use crate::place::{Place, Store, id};

const STORES: [Store; 2] = [Store::Sqlite, Store::Postgres];

/// With a subject root, a ledger file, and keys of these users.
fn place_of(store: Store, users: &[i64]) -> Place {
    let mut place = Place::empty(store);
    place.append("[subjects]\nledger = 'erasures.jsonl'\n");
    place.ok("keys init");
    place.ok("keys generate --promote");
    assert_eq!(place.ok("subjects init"), place.ok("subjects init"));
    place.ok("keys generate --purpose subject-root --promote");
    mint(&mut place, users);
    place
}

/// As a program that seals for them does.
fn mint(place: &mut Place, users: &[i64]) {
    let overrides = Overrides {
        file: Some(place.path("encrypted-fields.toml")),
        store: place.variable("KEYS_URL"),
        ..Overrides::default()
    };
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let config = Config::load(&overrides).unwrap();
        let manager = config.manager().await.unwrap();
        let subjects = config.subjects(&manager).await.unwrap().start().await.unwrap();
        subjects.keyring_for(&manager.keyring().await.unwrap(), users.iter().copied()).await.unwrap();
    });
}

fn status(place: &Place, subject: &str) -> String {
    place.ok(&format!("subjects show {subject}"))["subject"]["status"].as_str().unwrap().to_owned()
}

#[test]
fn for_good_and_no_other() {
    for store in STORES {
        let place = place_of(store, &[7, 8]);
        assert_eq!((status(&place, "7"), status(&place, "9")), ("present".into(), "absent".into()), "{store:?}");
        assert_eq!(status(&place, "7 --as text"), "absent", "the text 7 is somebody else");
        // A mistyped id must not pass for an erasure.
        assert_eq!(place.refused("subjects erase 9 --yes"), "absent");
        assert_eq!(place.refused("subjects erase 7 --as text --yes"), "absent");
        let ran = place.run("subjects erase 7");
        assert!(ran.code == 2 && ran.stderr.contains("this is no terminal"), "{ran:?}");
        assert_eq!(status(&place, "7"), "present");

        let erased = place.ok("subjects erase 7 --yes");
        assert!(erased["again"] == false && erased["key_id"].is_u64(), "{erased}");
        assert_eq!(place.ok("subjects erase 7 --yes")["again"], true);
        assert_eq!((status(&place, "7"), status(&place, "8")), ("erased".into(), "present".into()));
        assert_eq!(place.ok("subjects erase 9 --absent --yes")["key_id"], serde_json::Value::Null);
        assert_eq!(status(&place, "9"), "erased");
        let verified = place.ok("subjects verify");
        assert_eq!(verified["errors"], 0, "{verified}");
        assert_eq!(std::fs::read_to_string(place.path("erasures.jsonl")).unwrap().lines().count(), 2);
    }
}

#[test]
fn also_after_an_older_copy_of_the_database_is_restored() {
    let place = place_of(Store::Sqlite, &[7, 8]);
    let (database, copy) = (place.path("keys.sqlite"), place.path("copy.sqlite"));
    std::fs::copy(&database, &copy).unwrap();
    place.ok("subjects erase 7 --yes");
    std::fs::copy(&copy, &database).unwrap();
    assert_eq!(place.refused("subjects show 7"), "behind");
    let replayed = place.ok("subjects replay");
    assert_eq!((&replayed["erased"], &replayed["already"]), (&1.into(), &0.into()), "{replayed}");
    assert_eq!(status(&place, "7"), "erased");
    assert_eq!(place.ok("subjects replay")["already"], 1);
    place.ok("subjects verify");
}

#[test]
fn the_root_is_renewed_under_those_who_stay() {
    for store in STORES {
        let mut place = place_of(store, &[1, 2, 3]);
        place.ok("subjects erase 2 --yes");
        let old = place.ok("subjects show 1")["subject"]["root_id"].clone();
        let new = id(&place.ok("keys generate --purpose subject-root --promote")["key"]);
        let done = place.ok("subjects rewrap --page 1");
        assert_eq!((&done["rewrapped"], &done["left"]), (&2.into(), &serde_json::json!([])), "{done}");
        assert_eq!(place.ok("subjects show 3")["subject"]["root_id"], new);
        place.ok(&format!("keys retire {old} --yes"));
        place.ok(&format!("keys destroy {old} --yes"));
        assert_eq!((status(&place, "1"), status(&place, "2")), ("present".into(), "erased".into()));
        mint(&mut place, &[4]);
        assert_eq!(place.ok("subjects show 4")["subject"]["root_id"], new);
    }
}

#[cfg(feature = "steps")]
#[test]
fn killed_at_any_step_and_erased_again() {
    for store in STORES {
        for step in ["erase: begun", "erase: in the file", "erase: committed"] {
            let place = place_of(store, &[7, 8]);
            place.stopped_at(step, "subjects erase 7 --yes").kill();
            // Begun and cut short: it says so until it is replayed.
            if place.run("subjects show 7 --json").code != 0 {
                assert_eq!(place.refused("subjects show 7"), "behind", "{store:?}, {step}");
                place.ok("subjects replay");
            }
            place.ok("subjects erase 7 --yes");
            assert_eq!(
                (status(&place, "7"), status(&place, "8")),
                ("erased".into(), "present".into()),
                "{store:?}, {step}"
            );
            assert_eq!(place.ok("subjects verify")["errors"], 0, "{store:?}, {step}");
        }
    }
}

#[test]
fn what_is_missing_is_told() {
    let place = Place::with_key(Store::Sqlite);
    assert_eq!(place.refused("subjects show 7"), "subjects-database");
    place.ok("subjects init");
    assert_eq!(place.refused("subjects replay"), "usage");
    assert_eq!(place.refused("subjects rewrap"), "no-root");
    let file = Place::with_key(Store::File);
    assert_eq!(file.refused("subjects init"), "usage");
    assert_eq!(file.refused("subjects show 7"), "configuration");
    file.append("[subjects]\nstore = 'sqlite:subjects.sqlite'\n");
    file.ok("subjects init");
    assert_eq!(status(&file, "7"), "absent");
    file.append("stores = 5\n");
    assert_eq!(file.refused("subjects show 7"), "configuration");

    // Whoever works on keys needs no database of subjects.
    place.append("[subjects]\nstore_env = 'NOT_SET'\n");
    place.ok("keys list");
    assert_eq!(place.refused("subjects show 7"), "configuration");
    assert!(place.run("config check").stdout.contains("NOT_SET"));
}
