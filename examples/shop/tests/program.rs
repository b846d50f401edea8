//! The program as it is run: from any directory, and by its exit code.

use std::process::{Command, Output};

fn shop(variables: &[(&str, &str)]) -> Output {
    let mut shop = Command::new(env!("CARGO_BIN_EXE_shop"));
    shop.env_clear().envs(variables.iter().copied()).current_dir("/").output().expect("the program starts")
}

#[test]
fn it_succeeds_from_any_directory_and_prints_the_known_sum() {
    let output = shop(&[]);
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("all of them come to 2328.60"));
}

#[test]
fn it_fails_with_a_sentence_where_it_cannot_go_on() {
    let output = shop(&[("ENCRYPTION_KEY", "not a key")]);
    assert!(!output.status.success());
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.starts_with("error: environment variable ENCRYPTION_KEY is neither hex nor base64"), "{error}");
}
