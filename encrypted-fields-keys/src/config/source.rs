//! Where a value was said.

use std::fmt;
use std::path::PathBuf;

use super::Config;

/// Where a value was said.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// In this variable of the environment.
    Env(String),
    /// In this line of the file.
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// By this flag.
    Flag(&'static str),
    /// Nowhere.
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(variable) => write!(f, "variable {variable}"),
            Self::File { path, line } => write!(f, "{}, line {line}", path.display()),
            Self::Flag(flag) => f.write_str(flag),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A value as it holds, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its key, as the file has it; `kek.<name>` for a KEK.
    pub key: String,
    /// The value, without passwords.
    pub value: String,
    /// Where it was said.
    pub source: Source,
}

/// A value and where it was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Set<T> {
    pub(super) value: T,
    pub(super) source: Source,
}

impl<T> Set<T> {
    pub(super) const fn new(value: T, source: Source) -> Self {
        Self { value, source }
    }
}

pub(super) fn settings(config: &Config) -> Vec<Setting> {
    let of = |key: &str, value: Option<(String, &Source)>, default: &str| match value {
        Some((value, source)) => Setting { key: key.into(), value, source: source.clone() },
        None => Setting { key: key.into(), value: default.into(), source: Source::Default },
    };
    let text = |it: &Set<String>| (it.value.clone(), it.source.clone());
    let application = config.application.as_ref().map(text);
    let tenant = config.tenant.as_ref().map(text);
    let store = config.store.as_ref().map(|it| {
        let url = config.url.as_ref().map(ToString::to_string).unwrap_or_default();
        (url, it.source.clone())
    });
    let least = config.least_generation.as_ref().map(|it| (it.value.to_string(), it.source.clone()));
    let wrap = config.wrap.as_ref().map(|it| (it.value.join(", "), it.source.clone()));
    let mut settings: Vec<_> = [
        ("application", application, ""),
        ("tenant", tenant, ""),
        ("store", store, ""),
        ("least_generation", least, "0"),
        ("wrap", wrap, "every KEK"),
    ]
    .into_iter()
    .map(|(key, value, default)| of(key, value.as_ref().map(|(value, source)| (value.clone(), source)), default))
    .collect();
    let subjects = &config.subjects;
    settings.extend(subjects.store.iter().map(|it| {
        let value = subjects.url.as_ref().map(ToString::to_string).unwrap_or_default();
        Setting { key: "subjects.store".into(), value, source: it.source.clone() }
    }));
    settings.extend(subjects.ledger.iter().map(|it| {
        let value = it.value.display().to_string();
        Setting { key: "subjects.ledger".into(), value, source: it.source.clone() }
    }));
    settings.extend(config.keks.iter().map(|kek| Setting {
        key: format!("kek.{}", kek.value.name),
        value: kek.value.to_string(),
        source: kek.source.clone(),
    }));
    settings
}
