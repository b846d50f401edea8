use std::process::Child;

use crate::place::{Place, Ran, STORES, id};

#[test]
fn of_two_who_promote_one_wins_and_the_other_is_told() {
    for store in STORES {
        let place = Place::with_key(store);
        let mine = id(&place.ok("keys generate")["key"]);
        let theirs = id(&place.ok("keys generate")["key"]);
        let waiting = place.stopped_at("promote: counting", &format!("keys promote {mine}"));
        place.ok(&format!("keys promote {theirs}"));
        let told = waiting.go_on();
        assert_eq!(told.code, 1, "{store:?}: {told:?}");
        assert_eq!(told.json()["error"]["code"], "primary-changed", "{store:?}");
        assert!(told.json()["error"]["what"].as_str().unwrap().contains(&theirs.to_string()));
        assert_eq!(place.primaries("data"), [theirs], "{store:?}");
        assert!(place.keys("data").contains(&(mine, "pending".into())), "{store:?}");
        place.is_well();
    }
}

/// Without anybody holding one of them back.
#[test]
fn however_many_promote_there_is_one_primary_key() {
    for store in STORES {
        let place = Place::with_key(store);
        let first = place.primaries("data")[0];
        let keys: Vec<_> = (0..4).map(|_| id(&place.ok("keys generate")["key"])).collect();
        let promote = |key: &u32| place.command(&["keys", "promote", &key.to_string(), "--json"]).spawn().unwrap();
        let running: Vec<Child> = keys.iter().map(promote).collect();
        let mut won = Vec::new();
        for (key, child) in keys.iter().zip(running) {
            let ran = Ran::of(child.wait_with_output().unwrap());
            match ran.code {
                0 => won.push(*key),
                _ => {
                    let code = &ran.json()["error"]["code"];
                    assert!(code == "primary-changed" || code == "conflict", "{store:?}: {ran:?}");
                }
            }
        }
        let primaries = place.primaries("data");
        assert_eq!(primaries.len(), 1, "{store:?}");
        assert!(won.contains(&primaries[0]), "{store:?}: {first} -> {won:?}, and {primaries:?} is primary");
        place.is_well();
    }
}

#[test]
fn however_many_make_the_first_key_there_is_one_keyset() {
    for store in STORES {
        let place = Place::empty(store);
        let start = |arguments: &[&str]| place.command(arguments).spawn().unwrap();
        let ends = |children: Vec<Child>| {
            children.into_iter().map(|it| Ran::of(it.wait_with_output().unwrap())).collect::<Vec<_>>()
        };
        for ran in ends((0..3).map(|_| start(&["keys", "init", "--json"])).collect()) {
            assert_eq!(ran.code, 0, "{store:?}: {ran:?}");
        }
        for ran in ends((0..3).map(|_| start(&["keys", "generate", "--json"])).collect()) {
            assert_eq!(ran.code, 0, "{store:?}: {ran:?}");
        }
        assert_eq!((place.keys("store-root").len(), place.keys("data").len()), (1, 3), "{store:?}");
        place.ok("keys generate --promote");
        place.is_well();
    }
}
