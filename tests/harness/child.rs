//! A test in a process of its own, for what is read from the environment: it cannot be changed where other threads run.

use std::process::Command;

const CHILD: &str = "ENCRYPTED_FIELDS_TEST_CHILD";

/// Runs `body` in a new process that has the variables of `env`: this test's, started once more. Pass `module_path!()` and the
/// test function's name. What `env` makes and returns beside them lives until the process has ended.
pub fn with_env<T>(
    module: &str,
    test: &str,
    env: impl FnOnce() -> (T, Vec<(&'static str, String)>),
    body: impl FnOnce(),
) {
    let (_, module) = module.split_once("::").expect("a module of a crate");
    let path = format!("{module}::{test}");
    if std::env::var(CHILD).is_ok_and(|child| child == path) {
        return body();
    }
    let (_kept, env) = env();
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    let output =
        command.args([&path, "--exact", "--nocapture"]).env(CHILD, &path).envs(env).output().expect("a process");
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && stdout.contains("1 passed"),
        "{path} in its own process:\n{stdout}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
