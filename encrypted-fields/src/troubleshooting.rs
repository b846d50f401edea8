//! `guides/troubleshooting.md` cannot drift: it has the fixed words of every message, and no message that is gone.

use std::borrow::Cow;

use crate::assign::OTHER_ROW;
use crate::error::{NoKeyring, OpenError, OpenReason, Place, SealError, SealReason};
use crate::key_material::{KeyError, KeyOrigin, PassphraseReason, TinkReason};
use crate::keyring::NoIndexKey;
use crate::prove::ProveError;
use crate::seal::Algorithm;

const GUIDE: &str = include_str!("../../guides/troubleshooting.md");

/// What stands for a part that differs, and is not a word of any message.
const ANY: &str = "…";
const NUMBER: u32 = 4_242_424_242;
const COUNT: usize = 4_242_424_242;
const TEXT: Cow<'static, str> = Cow::Borrowed(ANY);

fn no_keyring() -> Vec<NoKeyring> {
    // A new variant does not compile until it is listed here, and then not pass until the guide has it.
    match NoKeyring::Unset {
        NoKeyring::Unset | NoKeyring::ScopeLost | NoKeyring::Disagree => {}
    }
    vec![NoKeyring::Unset, NoKeyring::ScopeLost, NoKeyring::Disagree]
}

fn seal_reasons() -> Vec<SealReason> {
    use SealReason as R;
    match R::Random {
        R::NoKeyring(_) | R::UnknownScope | R::Exhausted { .. } | R::Value(_) | R::IndexKey(_) => {}
        R::Bound { .. } | R::Random | R::NotLeased { .. } | R::Erased | R::NotLoaded | R::ScopeKey(_) => {}
    }
    vec![
        R::ScopeKey(ANY),
        R::UnknownScope,
        R::Exhausted { key_id: NUMBER },
        R::NotLeased { key_id: NUMBER },
        R::Erased,
        R::NotLoaded,
        R::Value(TEXT),
        NoIndexKey::Missing.into(),
        R::Bound { column: ANY, reason: TEXT },
        R::Random,
    ]
}

fn open_reasons() -> Vec<OpenReason> {
    use OpenReason as R;
    match R::UnknownScope {
        R::NoKeyring(_) | R::UnknownScope | R::UnknownKey { .. } | R::DisabledKey { .. } => {}
        R::Authentication { .. } | R::Malformed(_) | R::Value(_) | R::Index { .. } | R::IndexKey(_) => {}
        R::Bound { .. } | R::Unsealed(_) | R::Erased | R::NotLoaded | R::ScopeKey(_) => {}
    }
    vec![
        R::ScopeKey(ANY),
        R::UnknownScope,
        R::Erased,
        R::NotLoaded,
        R::UnknownKey { key_id: NUMBER },
        R::DisabledKey { key_id: NUMBER },
        R::Authentication { key_id: NUMBER },
        R::Malformed(ANY),
        R::Value(TEXT),
        R::Index { column: ANY },
        NoIndexKey::Missing.into(),
        R::Bound { column: ANY, reason: TEXT },
        R::Unsealed(SealReason::Random),
    ]
}

fn key_errors() -> Vec<KeyError> {
    use KeyError as E;
    match E::NoPrimary {
        E::Missing { .. } | E::Unreadable { .. } | E::Format { .. } | E::Length { .. } | E::AllZero { .. } => {}
        E::Passphrase { .. } | E::Keyset { .. } | E::Algorithm { .. } | E::IndexAlgorithm { .. } | E::Tink { .. } => {}
        E::NoPrimary | E::TwoPrimaries(..) | E::DuplicateId(_) | E::SameBytes(..) | E::TwoAlgorithms { .. } => {}
        E::DuplicateIndexKey(_) | E::Application { .. } | E::Random | E::Material => {}
    }
    let origin = || KeyOrigin::Env(ANY.into());
    vec![
        E::Missing { origin: origin() },
        E::Unreadable { origin: origin(), reason: ANY.into() },
        E::Format { origin: origin(), found: COUNT },
        E::Length { origin: origin(), found: COUNT },
        E::AllZero { origin: origin() },
        E::Passphrase { origin: origin(), reason: PassphraseReason::Memory },
        E::Keyset { origin: origin() },
        E::Algorithm { origin: origin(), found: COUNT },
        E::IndexAlgorithm { origin: origin() },
        E::Tink { origin: origin(), reason: TinkReason::Empty },
        E::Material,
        E::NoPrimary,
        E::TwoPrimaries(NUMBER, NUMBER),
        E::DuplicateId(NUMBER),
        E::SameBytes(NUMBER, NUMBER),
        E::TwoAlgorithms { id: NUMBER, first: Algorithm::Aes256Gcm, second: Algorithm::Xaes256Gcm },
        E::DuplicateIndexKey(NUMBER),
        E::Application { found: COUNT },
        E::Random,
    ]
}

fn passphrase_reasons() -> Vec<PassphraseReason> {
    use PassphraseReason as R;
    match R::Form {
        R::Feature | R::Form | R::Kdf | R::Parameters { .. } | R::Salt | R::Bound { .. } | R::Spaces => {}
        R::Character | R::Listed | R::Memory => {}
    }
    vec![
        R::Feature,
        R::Form,
        R::Kdf,
        R::Parameters { expected: ANY },
        R::Salt,
        R::Bound { field: ANY, least: NUMBER.into(), most: NUMBER.into() },
        R::Spaces,
        R::Character,
        R::Listed,
        R::Memory,
    ]
}

fn tink_reasons() -> Vec<TinkReason> {
    use TinkReason as R;
    match R::Empty {
        R::Json { .. } | R::Encrypted | R::Empty | R::ZeroId | R::Type(_) | R::Material(_) | R::Value(_) => {}
        R::Version(_) | R::KeyLength { .. } | R::AllZero(_) | R::SaltSize { .. } | R::Prefix(_) => {}
        R::Destroyed(_) | R::Status(_) | R::DuplicateId(_) | R::MissingPrimary(_) | R::PrimaryNotEnabled(_) => {}
    }
    vec![
        R::Json { line: COUNT, column: COUNT },
        R::Encrypted,
        R::Empty,
        R::ZeroId,
        R::Type(NUMBER),
        R::Material(NUMBER),
        R::Value(NUMBER),
        R::Version(NUMBER),
        R::KeyLength { id: NUMBER, found: COUNT },
        R::AllZero(NUMBER),
        R::SaltSize { id: NUMBER, found: NUMBER },
        R::Prefix(NUMBER),
        R::Destroyed(NUMBER),
        R::Status(NUMBER),
        R::DuplicateId(NUMBER),
        R::MissingPrimary(NUMBER),
        R::PrimaryNotEnabled(NUMBER),
    ]
}

fn prove_errors() -> Vec<ProveError> {
    let open = OpenError::new(OpenReason::UnknownScope);
    let error = ProveError::Open(open);
    match error {
        ProveError::Open(_) | ProveError::Database(_) => {}
    }
    vec![error, ProveError::Database(diesel::result::Error::NotFound)]
}

#[cfg(feature = "kinds")]
fn kind_errors() -> Vec<String> {
    use crate::kinds::{Kind, KindError, Problem as P};
    match P::Empty {
        P::Empty | P::Length { .. } | P::Character { .. } | P::Form | P::Country | P::CheckDigits | P::NotInPlan => {}
    }
    let problems = [
        P::Empty,
        P::Length { found: COUNT },
        P::Character { at: COUNT },
        P::Form,
        P::Country,
        P::CheckDigits,
        P::NotInPlan,
    ];
    let quoted = |message: String| message.replace(&Kind::Phone.to_string(), ANY);
    let words = "; expected ";
    let messages = problems.into_iter().map(|problem| quoted(KindError::new(Kind::Phone, problem).to_string()));
    messages.filter_map(|it| it.split_once(words).map(|(problem, _)| format!("{problem}{words}{ANY}"))).collect()
}

#[cfg(not(feature = "kinds"))]
fn kind_errors() -> Vec<String> {
    Vec::new()
}

/// Every message, with [`ANY`] for what differs.
fn messages() -> Vec<String> {
    let place = || Place { table: ANY, column: ANY, ..Place::default() };
    let mut messages = vec![
        OTHER_ROW.to_owned(),
        SealError::new(SealReason::Value(TEXT)).at(place).to_string(),
        OpenError::new(OpenReason::Value(TEXT)).at(place).to_string(),
    ];
    messages.extend(no_keyring().iter().map(ToString::to_string));
    messages.extend(seal_reasons().iter().map(ToString::to_string));
    messages.extend(open_reasons().iter().map(ToString::to_string));
    messages.extend(key_errors().iter().map(ToString::to_string));
    messages.extend(passphrase_reasons().iter().map(ToString::to_string));
    messages.extend(tink_reasons().iter().map(ToString::to_string));
    messages.extend(prove_errors().iter().map(ToString::to_string));
    messages.extend(kind_errors());
    messages.iter().map(|message| template(message)).collect()
}

/// What a message quotes from elsewhere differs too.
fn template(message: &str) -> String {
    let nested = [
        SealReason::Random.to_string(),
        OpenError::new(OpenReason::UnknownScope).to_string(),
        TinkReason::Empty.to_string(),
        PassphraseReason::Memory.to_string(),
    ];
    let mut template = message.replace(&format!("environment variable {ANY}"), ANY).replace(&NUMBER.to_string(), ANY);
    for reason in nested.iter().filter(|reason| message.len() > reason.len()) {
        template = template.replace(reason.as_str(), ANY);
    }
    let raw = "32 bytes as 64 hex characters or as base64 (43 or 44 characters, standard or URL-safe)";
    template = template.replace(&format!("{raw}, `passphrase:..` in its full form, or a Tink JSON keyset"), ANY);
    template = template.replace(&format!("{raw}, or `passphrase:..` in its full form"), ANY);
    if message.contains("is listed for") {
        template = template.replace("XAES-256-GCM", ANY).replace("AES-256-GCM", ANY);
    }
    for verb in ["open", "seal"] {
        if template.starts_with(&format!("cannot {verb} ")) {
            return format!("cannot {verb} {ANY}: {ANY}");
        }
    }
    template
}

/// The blocks of the guide in this language, each one message.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    GUIDE.split(&fence).skip(1).filter_map(|rest| rest.split_once("\n```")).map(|(block, _)| block).collect()
}

#[test]
fn the_guide_has_every_message_word_for_word() {
    let blocks = blocks("text");
    let missing: Vec<_> = messages().into_iter().filter(|message| !blocks.contains(&message.as_str())).collect();
    assert!(missing.is_empty(), "guides/troubleshooting.md lacks:\n{}", missing.join("\n"));
}

#[test]
fn the_guide_has_no_message_that_is_gone() {
    let messages = messages();
    let gone = |block: &&str| !messages.iter().any(|it| it == block);
    // Without the feature its errors are not there to be compared.
    let known = |block: &&str| cfg!(feature = "kinds") || !block.starts_with("not …: ");
    let gone: Vec<_> = blocks("text").into_iter().filter(known).filter(gone).collect();
    assert!(gone.is_empty(), "guides/troubleshooting.md has messages of no error:\n{}", gone.join("\n"));
}

#[test]
fn the_guides_compile_errors_are_those_of_the_derive_and_the_traits() {
    let sources = [
        include_str!("assign.rs"),
        include_str!("bound.rs"),
        include_str!("codec.rs"),
        include_str!("codec/padding.rs"),
        include_str!("guard.rs"),
        include_str!("index.rs"),
        include_str!("part.rs"),
        include_str!("private.rs"),
        include_str!("row.rs"),
        include_str!("sealed.rs"),
        include_str!("sql_types.rs"),
        include_str!("version.rs"),
        include_str!("../../encrypted-fields-derive/src/attr.rs"),
        include_str!("../../encrypted-fields-derive/src/check.rs"),
        include_str!("../../encrypted-fields-derive/src/like.rs"),
    ];
    // A literal that goes on in the next line is one line to the compiler.
    let joined: Vec<String> =
        sources.iter().map(|source| source.split("\\\n").map(str::trim_start).collect::<Vec<_>>().concat()).collect();
    for block in blocks("compiler") {
        let words: Vec<_> = block.split(ANY).map(str::trim).filter(|words| words.len() > 2).collect();
        let found = joined.iter().any(|source| words.iter().all(|words| source.contains(words)));
        assert!(found, "guides/troubleshooting.md has a compile error of nobody: {block}");
    }
}
