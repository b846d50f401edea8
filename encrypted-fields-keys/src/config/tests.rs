use super::*;

fn read_with(text: &str, flags: &Overrides, env: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("encrypted-fields.toml");
    std::fs::write(&path, text).unwrap();
    let flags = Overrides { file: Some(path), ..flags.clone() };
    Config::read(&flags, &|name| env.iter().find(|it| it.0 == name).map(|it| it.1.into()))
}

fn read(text: &str) -> Result<Config, ConfigError> {
    read_with(text, &Overrides::default(), &[])
}

/// The lines and the words of what is refused.
fn refused(text: &str) -> Vec<(usize, String)> {
    let error = read(text).unwrap_err();
    let line = |problem: &Problem| match &problem.place {
        Source::File { line, .. } => (*line, format!("{}; {}", problem.what, problem.instead)),
        other => panic!("{other}"),
    };
    error.problems().iter().map(line).collect()
}

const KEY: &str = "q83vEjRWeJq83vEjRWeJq83vEjRWeJq83vEjRWeJq80=";

#[test]
fn the_environment_is_the_weakest_and_flags_are_the_strongest() {
    let env = [
        ("ENCRYPTED_FIELDS_APPLICATION", "of-env"),
        ("ENCRYPTED_FIELDS_TENANT", "of-env"),
        ("ENCRYPTED_FIELDS_STORE", "file:/of-env"),
        ("ENCRYPTED_FIELDS_LEAST_GENERATION", "1"),
        ("ENCRYPTED_FIELDS_KEK", KEY),
    ];
    let file = "tenant = 'of-file'\nstore = 'sqlite:/of-file'\nleast_generation = 2\n";
    let flags = Overrides { store: Some("file:/of-flag".into()), least_generation: Some(3), ..Overrides::default() };
    let config = read_with(file, &flags, &env).unwrap();
    assert_eq!(config.application(), Some("of-env"));
    assert_eq!(config.tenant(), "of-file");
    assert_eq!(config.store_url(), Some(&StoreUrl::File("/of-flag".into())));
    assert_eq!(config.least_generation(), 3);
    let sources: Vec<_> = config.settings().into_iter().map(|it| (it.key, it.value, it.source.to_string())).collect();
    let ends = [
        ("application", "of-env", "variable ENCRYPTED_FIELDS_APPLICATION"),
        ("tenant", "of-file", "encrypted-fields.toml, line 1"),
        ("store", "file:/of-flag", "--store"),
        ("least_generation", "3", "--least-generation"),
        ("wrap", "every KEK", "default"),
        ("kek.env", "local, key in variable ENCRYPTED_FIELDS_KEK", "variable ENCRYPTED_FIELDS_KEK"),
    ];
    assert_eq!(sources.len(), ends.len());
    for ((key, value, source), end) in sources.iter().zip(ends) {
        assert_eq!((key.as_str(), value.as_str()), (end.0, end.1));
        assert!(source.ends_with(end.2), "{source}");
    }
}

#[test]
fn keks_of_the_file_take_the_place_of_those_of_the_environment() {
    let file = "[[kek]]\nname = 'b'\ntype = 'local'\nenv = 'B'\n[[kek]]\nname = 'a'\ntype = 'local'\nfile = 'a.key'\n";
    let config = read_with(file, &Overrides::default(), &[("ENCRYPTED_FIELDS_KEK", KEY)]).unwrap();
    let names: Vec<_> = config.keks().iter().map(|kek| kek.name.clone()).collect();
    assert_eq!(names, ["b", "a"]);
    let KekOptions::Local(options) = &config.keks()[1].options else { panic!("{config:?}") };
    assert_eq!(options.file.as_deref(), Some(config.file().unwrap().with_file_name("a.key").as_path()));
}

#[test]
fn every_mistake_is_told_with_its_line() {
    let text = "aplication = 'shop'\nleast_generation = -1\nwrap = 'main'\ntenant = 5\nstore = 'mysql://h/db'\n\
                [[kek]]\nname = 'a b'\ntype = 'local'\n[[kek]]\nname = 'x'\ntype = 'kms'\n[[kek]]\nname = 'y'\n\
                type = 'local'\nenvironment = 'Y'\n[[kek]]\ntype = 'local'\n";
    let found = refused(text);
    let expected = [
        (1, "`aplication` is no key"),
        (2, "no number"),
        (3, "no list"),
        (4, "`tenant` is of type integer"),
        (5, "it is no store"),
        (6, "no name"),
        (11, "its `type` is unknown"),
        (15, "unknown field `environment`, expected `env` or `file`"),
        (16, "has no `name`"),
    ];
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort();
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for ((line, what), (at, words)) in found.iter().zip(expected) {
        assert!(*line == at && what.contains(words), "{line}: {what}, expected {at}: {words}");
    }
}

#[test]
fn a_secret_in_the_file_is_refused_and_not_shown() {
    let passphrase = "passphrase:argon2id:v=19,m=65536,t=3,p=4:YSBzYWx0IG9mIGl0cyBvd24:hunter2 hunter2 hunter2";
    for (key, value) in [
        ("env", KEY),
        ("file", KEY),
        ("env", passphrase),
        ("env", "hvs.hunter2hunter2"),
        ("key", KEY),
        ("hunter2 hunter2", "hunter2"),
    ] {
        let text = format!("application = 'shop'\n[[kek]]\nname = 'a'\ntype = 'local'\n'{key}' = '{value}'\n");
        let error = read(&text).unwrap_err();
        assert_eq!(error.problems().len(), 1, "{error}");
        let shown = format!("{error} {error:?}");
        assert!(shown.contains("line 5") || shown.contains("line: 5"), "{shown}");
        assert!(!shown.contains(value) && !shown.contains("hunter2"), "{shown}");
    }
    let found = refused("store = 'postgres://shop:hunter2@db/shop'\n");
    assert!(matches!(&found[..], [(1, what)] if what.contains("store_env = \"DATABASE_URL\"")), "{found:?}");
    assert!(!found[0].1.contains("hunter2"));
}

#[test]
fn what_is_no_toml_is_told_without_its_text() {
    for text in ["application = \"hunter2", "hunter2\n", "[[kek]\nhunter2 = 1", "\u{0}hunter2", "a = 1\na = 'hunter2'"]
    {
        let error = read(text).unwrap_err().to_string();
        assert!(error.contains("line ") && !error.contains("hunter2"), "{error}");
    }
}

#[test]
fn a_password_is_kept_out_of_arguments_and_of_what_is_shown() {
    let flags = Overrides { store: Some("postgres://u:hunter2@h/db".into()), ..Overrides::default() };
    let error = read_with("", &flags, &[]).unwrap_err().to_string();
    assert!(error.contains("--store-env") && !error.contains("hunter2"), "{error}");
    assert!(!format!("{flags:?}").contains("hunter2"));

    let env = [("DATABASE_URL", "postgres://u:hunter2@h/db")];
    let config = read_with("store_env = 'DATABASE_URL'", &Overrides::default(), &env).unwrap();
    assert!(matches!(config.store_url(), Some(StoreUrl::Postgres(url)) if url == env[0].1));
    assert!(!format!("{config:?} {:?}", config.settings()).contains("hunter2"));
}

#[test]
fn a_variable_that_is_not_set_is_named() {
    let found = refused("store_env = 'NOT_SET'");
    assert!(matches!(&found[..], [(1, what)] if what.contains("NOT_SET")), "{found:?}");
    // Nobody needs it where a flag is stronger.
    let flags = Overrides { store: Some("file:/keys.json".into()), ..Overrides::default() };
    assert!(read_with("store_env = 'NOT_SET'", &flags, &[]).is_ok());
}

#[test]
fn two_keks_of_the_environment_have_an_order_and_two_local_ones_are_refused() {
    let env = [("ENCRYPTED_FIELDS_KEK", KEY), ("ENCRYPTED_FIELDS_KEK_FILE", "kek.key")];
    let error = read_with("", &Overrides::default(), &env).unwrap_err().to_string();
    assert!(error.contains("ENCRYPTED_FIELDS_KEK_FILE are both set"), "{error}");
}

#[cfg(feature = "aws")]
#[test]
fn a_kms_key_of_the_environment_comes_before_the_local_one() {
    for variable in ["AWS_KMS_KEY_ID", "AWS_KMS_KEY_ALIAS"] {
        let env = [("ENCRYPTED_FIELDS_KEK_FILE", "kek.key"), (variable, "alias/shop")];
        let config = read_with("", &Overrides::default(), &env).unwrap();
        let keks: Vec<_> = config.keks().iter().map(|kek| (kek.name.clone(), kek.options.kind())).collect();
        assert_eq!(keks, [("aws".to_owned(), "aws-kms"), ("env".to_owned(), "local")]);
    }
}

/// What a person copies is taken.
#[cfg(all(feature = "aws", feature = "vault", feature = "pkcs11"))]
#[test]
fn the_guides_show_what_is_read() {
    let guides = [
        include_str!("../../../guides/use-aws-kms.md"),
        include_str!("../../../guides/use-vault.md"),
        include_str!("../../../guides/use-an-hsm.md"),
        include_str!("../../../guides/generate-keys.md"),
        include_str!("../../../guides/rotate-a-wrapping-key.md"),
        include_str!("../../../guides/recover-when-the-kms-is-down.md"),
        include_str!("../config.rs"),
    ];
    for guide in guides {
        let guide = guide.replace("//! ", "").replace("//!", "");
        let blocks: Vec<_> = guide.split("```toml\n").skip(1).map(|it| it.split("```").next().unwrap()).collect();
        assert!(!blocks.is_empty());
        for block in blocks {
            let config = read_with(block, &Overrides::default(), &[("DATABASE_URL", "file:keys.json")]);
            assert!(!config.unwrap_or_else(|error| panic!("{error}\n{block}")).keks().is_empty(), "{block}");
        }
    }
}

#[cfg(all(feature = "aws", feature = "vault", feature = "pkcs11"))]
#[test]
fn secrets_of_providers_are_refused_too() {
    for (kind, key) in [
        ("vault-transit", "token"),
        ("vault-transit", "secret_id"),
        ("pkcs11", "pin"),
        ("aws-kms", "secret_access_key"),
    ] {
        let text = format!("[[kek]]\nname = 'a'\ntype = '{kind}'\n{key} = 'hunter2'\n");
        let error = read(&text).unwrap_err().to_string();
        assert!(error.contains("line 4") && error.contains(key) && !error.contains("hunter2"), "{error}");
    }
}
