//! `encrypted-fields config`.

use encrypted_fields_keys::Finding;
use encrypted_fields_keys::config::Config;
use serde_json::{Value, json};

use crate::cli::{ConfigCommand, Global};
use crate::failure::Failure;
use crate::reply::Reply;
use crate::table;

pub(crate) async fn run(command: ConfigCommand, global: &Global) -> Result<Reply, Failure> {
    match command {
        ConfigCommand::Check => Ok(check(global).await),
        ConfigCommand::Show => show(global),
    }
}

/// What cannot be read is found as well: everything at once.
async fn check(global: &Global) -> Reply {
    let findings = match Config::load(&global.overrides()) {
        Ok(config) => config.check().await,
        Err(error) => {
            let finding = |it: &encrypted_fields_keys::config::Problem| {
                Finding::error("configuration", format!("{}: {}", it.place, it.what), it.instead.clone())
            };
            error.problems().iter().map(finding).collect()
        }
    };
    Reply::findings(&findings, "Every KEK and the key store answer.")
}

fn show(global: &Global) -> Result<Reply, Failure> {
    let config = Config::load(&global.overrides())?;
    let settings = config.settings();
    let json: Vec<Value> =
        settings.iter().map(|it| json!({"key": it.key, "value": it.value, "source": it.source.to_string()})).collect();
    let rows = settings.iter().map(|it| {
        let value = if it.value.is_empty() { "-".to_owned() } else { it.value.clone() };
        vec![it.key.clone(), value, it.source.to_string()]
    });
    let text = table::of(&["KEY", "VALUE", "FROM"], &[], rows);
    Ok(Reply::new(json!({"file": config.file(), "settings": json}), text))
}
