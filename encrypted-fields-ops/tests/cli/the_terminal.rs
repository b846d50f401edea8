use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::place::{Place, STORES, Store};

#[test]
fn without_a_terminal_and_without_yes_nothing_is_done() {
    for store in STORES {
        let place = Place::with_key(store);
        let old = place.primaries("data")[0];
        place.ok("keys generate --promote");
        place.ok(&format!("keys disable {old} --yes"));
        let before = place.ok("keys list");
        for command in [
            format!("keys destroy {old}"),
            format!("keys disable {old}"),
            format!("keys retire {old}"),
            format!("keys slots remove {old} --kek main"),
            "keys rewrap --to recovery --from main".into(),
            "keys rewrap --to main --from main".into(),
            "keys export --tink --stdout".into(),
            "keys export --tink --output out.json".into(),
        ] {
            let ran = place.run_with_stdin(&command, &format!("yes\n{old}\n"));
            assert_eq!(ran.code, 2, "{command}: {ran:?}");
            assert!(ran.stderr.contains("this is no terminal") && ran.stderr.contains("--yes"), "{ran:?}");
            assert!(ran.stdout.is_empty(), "{ran:?}");
        }
        assert_eq!(place.ok("keys list"), before);
        assert!(!place.path("out.json").exists());
    }
}

/// Types on a terminal of its own, which util-linux' `script` makes.
#[cfg(target_os = "linux")]
fn typed(place: &Place, arguments: &str, answer: &str) -> (i32, String) {
    let program = env!("CARGO_BIN_EXE_encrypted-fields");
    let mut script = Command::new("script");
    script.args(["-qec", &format!("{program} {arguments}"), "/dev/null"]).current_dir(place.directory()).env_clear();
    script.env("PATH", std::env::var_os("PATH").unwrap()).env("SHELL", "/bin/sh");
    let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("script, of util-linux");
    let mut stdin = child.stdin.take().unwrap();
    writeln!(stdin, "{answer}").unwrap();
    stdin.flush().unwrap();
    let output = child.wait_with_output().unwrap();
    drop(stdin);
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(target_os = "linux")]
#[test]
fn at_a_terminal_the_answer_decides() {
    let place = Place::with_key(Store::File);
    let old = place.primaries("data")[0];
    place.ok("keys generate --promote");
    let (code, shown) = typed(&place, &format!("keys disable {old}"), "no");
    assert!(code == 1 && shown.contains("Type yes to go on"), "{code}: {shown}");
    assert!(place.keys("data").contains(&(old, "decrypt-only".into())));
    let (code, shown) = typed(&place, &format!("keys disable {old}"), "yes");
    assert_eq!(code, 0, "{shown}");

    let (code, shown) = typed(&place, &format!("keys destroy {old}"), "yes");
    assert!(code == 1 && shown.contains(&format!("Type {old} to go on")), "{code}: {shown}");
    assert!(place.keys("data").contains(&(old, "disabled".into())));
    let (code, shown) = typed(&place, &format!("keys destroy {old}"), &old.to_string());
    assert_eq!(code, 0, "{shown}");
    assert!(place.keys("data").contains(&(old, "destroyed".into())));
}

#[test]
fn completions_are_what_the_shell_reads() {
    let place = Place::empty(Store::File);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = place.run(&format!("completions {shell}"));
        assert!(ran.code == 0 && ran.stdout.contains("rewrap"), "{shell}");
    }
    let script = place.run("completions bash").stdout;
    let mut bash = Command::new("bash").arg("-n").stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("bash");
    bash.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = bash.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_pipe_gets_one_line_a_key_however_long_it_is() {
    let place = Place::with_key(Store::File);
    let ran = place.run("keys list");
    let lines: Vec<_> = ran.stdout.lines().filter(|line| line.contains("primary")).collect();
    assert_eq!(lines.len(), 3, "{}", ran.stdout);
    assert!(lines.iter().all(|line| line.ends_with("main, recovery")));
}
