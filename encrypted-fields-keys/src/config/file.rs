//! Reading `encrypted-fields.toml`: every mistake at once, each with its line.

use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::kek_options::{KekConfig, KekOptions};
use super::source::{Set, Source};
use super::store_url::StoreSetting;
use super::subjects::SubjectsConfig;
use super::{Config, DEFAULT_FILE, Lookup, Overrides, Problem, secrets};

const KEYS: &str = "application, tenant, store, store_env, least_generation, wrap, [[kek]] and [subjects]";

/// The file to read, and where it was named. One that is not named need not be there.
pub(super) fn find(overrides: &Overrides, env: Lookup<'_>) -> Option<(PathBuf, Source)> {
    const VARIABLE: &str = "ENCRYPTED_FIELDS_CONFIG";
    if let Some(path) = &overrides.file {
        return Some((path.clone(), Source::Flag("--config")));
    }
    if let Some(path) = env(VARIABLE).filter(|path| !path.is_empty()) {
        return Some((path.into(), Source::Env(VARIABLE.into())));
    }
    let path = PathBuf::from(DEFAULT_FILE);
    path.exists().then_some((path, Source::Default))
}

/// What the file says; what is wrong with it is added to `problems`.
pub(super) fn read(path: &Path, named: &Source, problems: &mut Vec<Problem>) -> Config {
    match std::fs::read_to_string(path) {
        Ok(text) => parse(path, &text, problems),
        Err(error) => {
            let what = format!("the file {} cannot be read: {}", path.display(), error.kind());
            problems.push(Problem::new(named.clone(), what, "name another one with --config, or make it"));
            Config::default()
        }
    }
}

pub(super) fn parse(path: &Path, text: &str, problems: &mut Vec<Problem>) -> Config {
    let mut reader = Reader { path, text, found: Vec::new() };
    // The parser's message without the line that it quotes.
    let config = match DeTable::parse(text) {
        Ok(table) => {
            let table = table.into_inner();
            reader.refuse_secrets(&table);
            reader.config(table)
        }
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            reader.problem(at, format!("this is not TOML: {}", error.message()), "correct it");
            Config::default()
        }
    };
    // One mistake, one message: what stands on the line of a secret is not looked at any further.
    let secrets: Vec<_> = reader.found.iter().filter(|(secret, _)| *secret).map(|(_, it)| it.place.clone()).collect();
    let kept = reader.found.into_iter().filter(|(secret, it)| *secret || !secrets.contains(&it.place));
    problems.extend(kept.map(|(_, problem)| problem));
    config
}

struct Reader<'t> {
    path: &'t Path,
    text: &'t str,
    /// Whether it is about a secret, and what.
    found: Vec<(bool, Problem)>,
}

impl<'t> Reader<'t> {
    fn config(&mut self, table: DeTable<'t>) -> Config {
        let mut config = Config { file: Some(self.path.to_owned()), ..Config::default() };
        for (key, value) in table {
            let at = key.span().start;
            match key.get_ref().as_ref() {
                "application" => config.application = self.string("application", &value),
                "tenant" => config.tenant = self.string("tenant", &value),
                name @ ("store" | "store_env") => self.store(name, at, &value, &mut config.store),
                "least_generation" => config.least_generation = self.number(&value),
                "wrap" => config.wrap = self.names(&value),
                "kek" => config.keks = self.keks(value),
                "subjects" => config.subjects = self.subjects(value),
                name => self.problem(at, unknown_key(name), format!("known are {KEYS}")),
            }
        }
        config
    }

    fn string(&mut self, key: &str, value: &Spanned<DeValue<'t>>) -> Option<Set<String>> {
        let at = value.span().start;
        match value.get_ref() {
            DeValue::String(text) => Some(Set::new(text.to_string(), self.source(at))),
            other => {
                let what = format!("`{key}` is of type {}", other.type_str());
                self.problem(at, what, format!("write {key} = \"..\""));
                None
            }
        }
    }

    /// One of two keys that say the same.
    fn store(&mut self, name: &str, at: usize, value: &Spanned<DeValue<'t>>, store: &mut Option<Set<StoreSetting>>) {
        if store.is_some() {
            self.problem(at, format!("`{name}` is given beside the other"), "leave `store` or `store_env` out");
            return;
        }
        let Some(Set { value: text, source }) = self.string(name, value) else { return };
        if name == "store_env" {
            *store = Some(Set::new(StoreSetting::Env(text), source));
            return;
        }
        match StoreSetting::of_text(&text) {
            Ok(StoreSetting::Url(url)) => {
                *store = Some(Set::new(StoreSetting::Url(url.relative_to(&self.directory())), source));
            }
            Ok(variable) => *store = Some(Set::new(variable, source)),
            Err((what, instead)) => {
                self.problem(value.span().start, format!("`store` cannot be used: {what}"), instead);
            }
        }
    }

    fn subjects(&mut self, value: Spanned<DeValue<'t>>) -> SubjectsConfig {
        let at = value.span().start;
        let mut subjects = SubjectsConfig::default();
        let DeValue::Table(table) = value.into_inner() else {
            self.problem(at, "`subjects` is no table", "write [subjects], and its keys below");
            return subjects;
        };
        for (key, value) in table {
            let at = key.span().start;
            match key.get_ref().as_ref() {
                name @ ("store" | "store_env") => self.store(name, at, &value, &mut subjects.store),
                "ledger" => {
                    let path = self.string("ledger", &value);
                    subjects.ledger = path.map(|it| Set::new(self.directory().join(it.value), it.source));
                }
                name => self.problem(at, unknown_key(name), "known in [subjects] are store, store_env and ledger"),
            }
        }
        subjects
    }

    fn number(&mut self, value: &Spanned<DeValue<'t>>) -> Option<Set<u64>> {
        let at = value.span().start;
        let number = value.get_ref().as_integer().and_then(|it| u64::from_str_radix(it.as_str(), it.radix()).ok());
        if number.is_none() {
            self.problem(at, "`least_generation` is no number from 0 on", "write least_generation = 7");
        }
        number.map(|number| Set::new(number, self.source(at)))
    }

    fn names(&mut self, value: &Spanned<DeValue<'t>>) -> Option<Set<Vec<String>>> {
        let at = value.span().start;
        let names = value
            .get_ref()
            .as_array()
            .map(|array| array.iter().map(|it| it.get_ref().as_str().map(str::to_owned)).collect::<Option<Vec<_>>>());
        match names {
            Some(Some(names)) if !names.is_empty() => Some(Set::new(names, self.source(at))),
            _ => {
                self.problem(at, "`wrap` is no list of names of KEKs", "write wrap = [\"main\", \"recovery\"]");
                None
            }
        }
    }

    fn keks(&mut self, value: Spanned<DeValue<'t>>) -> Vec<Set<KekConfig>> {
        let at = value.span().start;
        let DeValue::Array(tables) = value.into_inner() else {
            self.problem(at, "`kek` is no list of tables", "write [[kek]], and its keys below");
            return Vec::new();
        };
        let mut keks: Vec<Set<KekConfig>> = Vec::new();
        for table in tables {
            let at = table.span().start;
            let Some(kek) = self.kek(table) else { continue };
            if keks.iter().any(|it| it.value.name == kek.value.name) {
                self.problem(at, format!("two KEKs are named `{}`", kek.value.name), "give one another name");
            }
            keks.push(kek);
        }
        keks
    }

    fn kek(&mut self, table: Spanned<DeValue<'t>>) -> Option<Set<KekConfig>> {
        let span = table.span();
        let at = span.start;
        let DeValue::Table(mut table) = table.into_inner() else {
            self.problem(at, "a KEK is no table", "write [[kek]], and its keys below");
            return None;
        };
        let mut take = |key: &str| {
            let found = table.remove(key);
            if found.is_none() {
                self.problem(at, format!("a KEK has no `{key}`"), format!("write {key} = \"..\" below [[kek]]"));
            }
            found
        };
        let (name, kind) = (take("name"), take("type"));
        let name = self.string("name", &name?);
        let kind_at = kind.as_ref().map(|kind| kind.span().start);
        let kind = self.string("type", &kind?)?;
        let name = name?;
        if !secrets::is_name(&name.value) {
            self.problem(at, "a KEK's name is no name", "write 1 to 64 letters, digits, `-` and `_`");
            return None;
        }
        match KekOptions::read(&kind.value, Spanned::new(span, DeValue::Table(table))) {
            Ok(mut options) => {
                options.relative_to(&self.directory());
                Some(Set::new(KekConfig { name: name.value, options }, self.source(at)))
            }
            Err(error) => {
                let at = error.at.or(kind_at).unwrap_or(at);
                self.problem(at, format!("KEK `{}`: {}", name.value, error.what), error.instead);
                None
            }
        }
    }

    /// A secret, wherever it stands.
    fn refuse_secrets(&mut self, table: &DeTable<'t>) {
        for (key, value) in table {
            self.refuse_secret(key.get_ref(), value);
        }
    }

    fn refuse_secret(&mut self, key: &str, value: &Spanned<DeValue<'t>>) {
        match value.get_ref() {
            DeValue::Table(table) => self.refuse_secrets(table),
            DeValue::Array(values) => values.iter().for_each(|value| self.refuse_secret(key, value)),
            DeValue::String(text) => {
                if let Some(what) = secrets::secret(text) {
                    let instead = match key {
                        "store" => "put it into a variable, and write store_env = \"DATABASE_URL\"".to_owned(),
                        _ => "keep it in a variable or in a file of its own, and write the variable's name (`env`, `.._env`) \
                              or the file's path (`file`) here"
                            .to_owned(),
                    };
                    let what = format!("{} is {what}, and no secret belongs in this file", shown(key));
                    let place = self.source(value.span().start);
                    self.found.push((true, Problem::new(place, what, instead)));
                }
            }
            _ => {}
        }
    }

    fn problem(&mut self, at: usize, what: impl Into<String>, instead: impl Into<String>) {
        let place = self.source(at);
        self.found.push((false, Problem::new(place, what, instead)));
    }

    fn source(&self, at: usize) -> Source {
        let before = self.text.as_bytes().iter().take(at);
        let line = before.filter(|byte| **byte == b'\n').count() + 1;
        Source::File { path: self.path.to_owned(), line }
    }

    fn directory(&self) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).to_owned()
    }
}

fn unknown_key(name: &str) -> String {
    format!("{} is no key of this file", shown(name))
}

/// A key's name, unless it is something else that was written there.
fn shown(key: &str) -> String {
    if secrets::is_name(key) { format!("`{key}`") } else { "what stands here".into() }
}
