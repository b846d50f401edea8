//! SoftHSM: a PKCS#11 token in software. The module reads its configuration from the environment, so each test that
//! needs one runs in a process of its own, with a token of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::child::with_env;
use super::service::program;
use crate::harness::guardian::Guarded;

pub const TOKEN: &str = "shop";
pub const KEY: &str = "data-keys";
/// A canary: it must be in no output.
pub const PIN: &str = "1357-pin-canary-2468";
pub const SO_PIN: &str = "so-pin-canary-9753";
/// The variable that has the PIN.
pub const PIN_ENV: &str = "TEST_HSM_PIN";

/// Runs `body` in a process that has a fresh token: its label is [`TOKEN`], its PIN is [`PIN`], which is in [`PIN_ENV`], and it
/// has a key [`KEY`] made as the guide says. Pass `module_path!()` and the test function's name.
pub fn with_token(name_of_module: &str, test: &str, body: impl FnOnce()) {
    let env = || {
        let kept = Guarded::start("softhsm", "echo ready; read -r _; rm -rf \"$1\"", &[], &[]);
        let conf = kept.directory().join("softhsm2.conf");
        let tokens = kept.directory().join("tokens");
        std::fs::create_dir(&tokens).expect("a directory");
        std::fs::write(&conf, format!("directories.tokendir = {}\nlog.level = ERROR\n", tokens.display()))
            .expect("a file");
        let env = vec![("SOFTHSM2_CONF", conf.display().to_string()), (PIN_ENV, PIN.into())];
        (kept, env)
    };
    with_env(name_of_module, test, env, || {
        run("softhsm2-util", &["--init-token", "--free", "--label", TOKEN, "--so-pin", SO_PIN, "--pin", PIN]);
        generate_key(KEY, &["--sensitive"]);
        body();
    });
}

/// Makes an AES-256 key on the token.
pub fn generate_key(label: &str, attributes: &[&str]) {
    let arguments =
        ["--token-label", TOKEN, "--login", "--pin", PIN, "--keygen", "--key-type", "AES:32", "--label", label];
    pkcs11_tool(&[&arguments, attributes].concat());
}

pub fn pkcs11_tool(arguments: &[&str]) {
    let module = module();
    let module = module.to_str().expect("a path");
    run("pkcs11-tool", &[&["--module", module], arguments].concat());
}

/// SoftHSM's PKCS#11 module.
pub fn module() -> PathBuf {
    let directories = [
        "/usr/lib/softhsm",
        "/usr/lib/x86_64-linux-gnu/softhsm",
        "/usr/lib64",
        "/usr/local/lib/softhsm",
        "/opt/homebrew/lib/softhsm",
    ];
    let found =
        directories.iter().map(|directory| Path::new(directory).join("libsofthsm2.so")).find(|path| path.is_file());
    found.expect("these tests need SoftHSM (Debian, Ubuntu: apt-get install softhsm2 opensc)")
}

fn run(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output();
    let output = output
        .unwrap_or_else(|_| panic!("these tests need {program} (Debian, Ubuntu: apt-get install softhsm2 opensc)"));
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
}
