use serde_json::Value;

use crate::place::{Place, Store, keks};

/// With what differs from run to run replaced.
fn shape(mut value: Value) -> String {
    fn walk(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    match (name.as_str(), &*value) {
                        ("id" | "key_id", Value::Number(_)) => *value = "<id>".into(),
                        ("what" | "mend" | "try" | "instead" | "place" | "source", Value::String(_)) => {
                            *value = "<text>".into()
                        }
                        _ => walk(value),
                    }
                }
            }
            Value::Array(values) => values.iter_mut().for_each(walk),
            Value::String(text) if text.len() == 20 && text.ends_with('Z') && text.contains('T') => {
                *text = "<date>".into()
            }
            _ => {}
        }
    }
    walk(&mut value);
    format!("{value:#}")
}

#[test]
fn of_every_command() {
    let mut place = Place::empty(Store::File);
    place.set("KEY", &"ef".repeat(32));
    let data = |place: &Place| place.primaries("data")[0];
    let mut all = String::new();
    let mut add = |command: &str, value: Value| {
        all.push_str(&format!("$ encrypted-fields {command} --json\n{}\n\n", shape(value)));
    };
    add("keys init", place.ok("keys init"));
    add("keys generate --promote", place.ok("keys generate --promote"));
    let old = data(&place);
    add("keys list", place.ok("keys list"));
    add("keys show ID", place.ok(&format!("keys show {old}")));
    add("keys slots list ID", place.ok(&format!("keys slots list {old}")));
    add("keys slots remove ID --kek main --yes", place.ok(&format!("keys slots remove {old} --kek main --yes")));
    add("keys rewrap --to main", place.ok("keys rewrap --to main"));
    add("keys import --env KEY --purpose data", place.ok("keys import --env KEY --purpose data"));
    place.ok("keys generate --promote");
    place.ok(&format!("keys disable {old} --yes"));
    add("keys destroy ID --yes", place.ok(&format!("keys destroy {old} --yes")));
    let export = "keys export --tink --output out.json --yes-export-secret-keys";
    add(export, place.ok(export));
    add("keys doctor", place.ok("keys doctor"));
    add("config show", place.ok("config show"));
    add("keys show 1", place.run("keys show 1 --json").json());
    place.configure(&format!("sto = 1\n{}", keks(&["main"])));
    add("config check", place.run("config check --json").json());
    add("keys list", place.run("keys list --json").json());
    insta::assert_snapshot!(all);
}

#[test]
fn of_the_commands_for_subjects() {
    let place = Place::with_key(Store::Sqlite);
    place.append("[subjects]\nledger = 'erasures.jsonl'\n");
    place.ok("keys generate --purpose subject-root --promote");
    let mut all = String::new();
    for command in [
        "subjects init",
        "subjects show 7",
        "subjects erase 7 --absent --yes",
        "subjects show 7",
        "subjects replay",
        "subjects rewrap",
        "subjects verify",
    ] {
        all.push_str(&format!("$ encrypted-fields {command} --json\n{}\n\n", shape(place.ok(command))));
    }
    insta::assert_snapshot!(all);
}
