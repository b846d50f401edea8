use crate::place::{Place, STORES, id};

#[test]
fn making_the_first_key() {
    for store in STORES {
        for step in ["found: wrapped", "found: stored", "generate: wrapped", "generate: stored", "generate: proven"] {
            let place = Place::empty(store);
            place.ok("keys init");
            place.stopped_at(step, "keys generate --promote").kill();
            let left = place.run("keys list --json");
            let left = if left.code == 0 { place.keys("data") } else { vec![] };
            assert!(left.iter().all(|(_, state)| state == "pending"), "{store:?}, {step}: {left:?}");

            let made = id(&place.ok("keys generate --promote")["key"]);
            assert_eq!(place.primaries("data"), [made], "{store:?}, {step}");
            assert_eq!(place.primaries("index").len(), 1, "{store:?}, {step}");
            let keys = place.keys("data");
            assert!(left.iter().all(|key| keys.contains(key)), "{store:?}, {step}: what was stored stays");
            place.is_well();
        }
    }
}

#[test]
fn promoting() {
    for store in STORES {
        let place = Place::with_key(store);
        for step in ["promote: proven", "promote: counting", "promote: stored"] {
            let before = place.primaries("data");
            let next = id(&place.ok("keys generate")["key"]);
            place.stopped_at(step, &format!("keys promote {next}")).kill();
            let primaries = place.primaries("data");
            let expected = if step == "promote: stored" { vec![next] } else { before.clone() };
            assert_eq!(primaries, expected, "{store:?}, {step}");

            place.ok(&format!("keys promote {next}"));
            assert_eq!(place.primaries("data"), [next], "{store:?}, {step}");
            assert!(place.keys("data").contains(&(before[0], "decrypt-only".into())));
            assert_eq!(place.ok(&format!("keys show {next}"))["key"]["seals_leased"], 0, "its counter was begun once");
            place.is_well();
        }
    }
}

#[test]
fn moving_to_another_kek() {
    for store in STORES {
        for step in ["rewrap: wrapped", "rewrap: stored", "rewrap: proven", "rewrap: dropped"] {
            let place = Place::empty(store);
            place.ok("keys init");
            let only_main = std::fs::read_to_string(place.path("encrypted-fields.toml")).unwrap();
            let only_main = only_main.replace("application = 'shop'\n", "wrap = ['main']\n");
            place.configure(&only_main);
            place.ok("keys generate --promote");
            place.ok("keys generate");
            let keys = place.ok("keys list")["keys"].as_array().unwrap().len();

            place.stopped_at(step, "keys rewrap --to recovery --from main --yes").kill();
            // Every key still comes out of a slot.
            place.is_well();
            let slots = place.ok("keys slots list");
            let of_main = slots["slots"].as_array().unwrap().iter().filter(|slot| slot["kek"] == "main").count();
            assert_eq!(of_main, if step == "rewrap: dropped" { 0 } else { keys }, "{store:?}, {step}");

            place.ok("keys rewrap --to recovery --from main --yes");
            let slots = place.ok("keys slots list");
            let slots = slots["slots"].as_array().unwrap();
            assert_eq!(slots.len(), keys, "{store:?}, {step}");
            assert!(slots.iter().all(|slot| slot["kek"] == "recovery"), "{store:?}, {step}");
            place.is_well();
        }
    }
}

#[test]
fn making_the_slots_of_a_kek_anew() {
    for step in ["rewrap: wrapped", "rewrap: stored", "rewrap: proven"] {
        let place = Place::with_key(STORES[0]);
        place.stopped_at(step, "keys rewrap --to main --from main --yes").kill();
        place.is_well();
        assert_eq!(place.ok("keys rewrap --to main --from main --yes")["made"], 3);
        place.is_well();
    }
}

#[test]
fn destroying() {
    for store in STORES {
        let place = Place::with_key(store);
        let old = place.primaries("data")[0];
        place.ok("keys generate --promote");
        place.ok(&format!("keys disable {old} --yes"));
        place.stopped_at("state: stored", &format!("keys destroy {old} --yes")).kill();
        assert!(place.keys("data").contains(&(old, "destroyed".into())));
        place.ok(&format!("keys destroy {old} --yes"));
        place.is_well();
    }
}
