use crate::place::{Place, STORES, id};

#[test]
fn from_nothing_to_a_tombstone() {
    for store in STORES {
        let place = Place::empty(store);
        place.ok("keys init");
        assert_eq!(place.ok("keys init")["created"], false, "{store:?}");
        assert_eq!(place.refused("keys list"), "no-keyset");

        let first = id(&place.ok("keys generate --promote")["key"]);
        assert_eq!(place.primaries("data"), [first]);
        assert_eq!(place.primaries("index").len(), 1, "an application's first key brings an index key along");
        let second = place.ok("keys generate --algorithm XAES-256-GCM");
        assert_eq!((&second["key"]["state"], &second["key"]["algorithm"]), (&"pending".into(), &"XAES-256-GCM".into()));
        let second = id(&second["key"]);
        assert_eq!(place.ok(&format!("keys show {first}"))["key"]["seals_leased"], 0);
        assert!(place.ok(&format!("keys show {second}"))["key"]["seals_leased"].is_null());

        assert_eq!(place.ok(&format!("keys promote {second}"))["key"]["state"], "primary");
        assert_eq!(place.primaries("data"), [second]);
        assert_eq!(place.refused(&format!("keys retire {second} --yes")), "state");
        assert_eq!(place.refused(&format!("keys destroy {first} --yes")), "state");
        assert_eq!(place.ok(&format!("keys disable {first} --yes"))["key"]["state"], "disabled");
        assert_eq!(place.refused(&format!("keys promote {first}")), "state");
        assert_eq!(place.ok(&format!("keys enable {first}"))["key"]["state"], "decrypt-only");
        assert_eq!(place.ok(&format!("keys retire {first} --yes"))["key"]["state"], "disabled");
        let gone = place.ok(&format!("keys destroy {first} --yes"));
        assert_eq!((&gone["key"]["state"], gone["key"]["slots"].as_array().unwrap().len()), (&"destroyed".into(), 0));
        assert_eq!(place.refused(&format!("keys enable {first}")), "state");
        assert!(place.keys("data").contains(&(first, "destroyed".into())), "its id stays taken");
        place.is_well();
    }
}

#[test]
fn a_subject_root_and_an_index_key_are_made_as_a_data_key_is() {
    let place = Place::with_key(STORES[0]);
    let root = place.ok("keys generate --purpose subject-root --promote");
    assert_eq!((&root["key"]["algorithm"], &root["key"]["state"]), (&"ROOT".into(), &"primary".into()));
    let before = place.primaries("index");
    let index = id(&place.ok("keys generate --purpose index --promote")["key"]);
    assert_eq!(place.primaries("index"), [index]);
    assert_ne!(before, [index]);
    assert_eq!(place.refused("keys show 1"), "no-such-key");
}

#[test]
fn slots_come_and_go_and_the_last_one_stays() {
    for store in STORES {
        let place = Place::with_key(store);
        let key = place.primaries("data")[0];
        let slots = |place: &Place| {
            let listed = place.ok(&format!("keys slots list {key}"));
            let names = listed["slots"].as_array().unwrap().iter().map(|it| it["kek"].as_str().unwrap().to_owned());
            names.collect::<Vec<_>>()
        };
        assert_eq!(slots(&place), ["main", "recovery"]);
        place.ok(&format!("keys slots remove {key} --kek main --yes"));
        assert_eq!(slots(&place), ["recovery"]);
        assert_eq!(place.refused(&format!("keys slots remove {key} --kek recovery --yes")), "last-slot");
        assert_eq!(place.refused(&format!("keys slots remove {key} --kek main --yes")), "no-slot");
        assert_eq!(place.refused(&format!("keys slots add {key} --kek other")), "unknown-kek");
        place.ok(&format!("keys slots add {key} --kek main"));
        assert_eq!(slots(&place), ["recovery", "main"]);
        place.is_well();
    }
}

#[test]
fn keys_move_from_one_kek_to_another() {
    for store in STORES {
        let place = Place::with_key(store);
        let made_anew = place.ok("keys rewrap --to main --from main --yes");
        assert_eq!((&made_anew["made"], &made_anew["dropped"]), (&3.into(), &0.into()));
        let moved = place.ok("keys rewrap --to recovery --from main --yes");
        assert_eq!((&moved["made"], &moved["found"], &moved["dropped"]), (&0.into(), &3.into(), &3.into()));
        let slots = place.ok("keys slots list");
        assert!(slots["slots"].as_array().unwrap().iter().all(|slot| slot["kek"] == "recovery"), "{slots}");
        // Without the file of the KEK of before.
        std::fs::remove_file(place.path("main.key")).unwrap();
        place.ok("keys list");
        let doctor = place.run("keys doctor --json");
        assert_eq!(doctor.code, 3);
        let codes: Vec<_> = doctor.json()["findings"].as_array().unwrap().iter().map(|it| it["code"].clone()).collect();
        for code in ["kek-configuration", "single-slot", "slot-missing"] {
            assert!(codes.contains(&code.into()), "{code}: {codes:?}");
        }
    }
}

#[test]
fn a_key_whose_first_kek_is_gone_comes_out_of_the_other_slot_and_it_is_said() {
    let place = Place::with_key(STORES[1]);
    std::fs::remove_file(place.path("main.key")).unwrap();
    let ran = place.run("keys list");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.contains("WARN") && ran.stderr.contains("main"), "{ran:?}");
    // A new key would have no slot of it.
    assert_eq!(place.refused("keys generate"), "kek");
}

#[test]
fn a_tenants_keys_are_its_own() {
    let place = Place::with_key(STORES[2]);
    assert_eq!(place.refused("keys list --tenant acme"), "no-keyset");
    let theirs = id(&place.ok("keys generate --promote --tenant acme")["key"]);
    assert_eq!(place.refused(&format!("keys show {theirs}")), "no-such-key");
    assert_eq!(place.ok(&format!("keys show {theirs} --tenant acme"))["key"]["state"], "primary");
}

#[test]
fn an_older_copy_of_the_store_is_refused_by_the_pin() {
    let place = Place::with_key(STORES[0]);
    let generation = place.ok("keys list")["generation"].as_u64().unwrap();
    place.ok(&format!("keys list --least-generation {generation}"));
    assert_eq!(place.refused(&format!("keys list --least-generation {}", generation + 1)), "rolled-back");
}
