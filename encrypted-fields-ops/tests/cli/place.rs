//! A directory with a configuration, two local KEKs and a key store of a test's own.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{TestDb, pg};

/// Where the keys are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    File,
    Sqlite,
    Postgres,
}

pub const STORES: [Store; 3] = [Store::File, Store::Sqlite, Store::Postgres];

pub struct Place {
    directory: TempDir,
    env: Vec<(String, String)>,
    _database: Option<TestDb>,
}

/// What a run left.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

pub const MAIN: &str = "bWFpbiBtYWluIG1haW4gbWFpbiBtYWluIG1haW4gMSE=";
pub const RECOVERY: &str = "cmVjb3ZlcnkgcmVjb3ZlcnkgcmVjb3ZlcnkgMTIzNCE=";

impl Place {
    /// Without tables and keys.
    pub fn empty(store: Store) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let database = (store == Store::Postgres).then(pg);
        let (line, env) = match (store, &database) {
            (Store::File, _) => ("store = 'file:keys.json'", vec![]),
            (Store::Sqlite, _) => ("store = 'sqlite:keys.sqlite'", vec![]),
            (Store::Postgres, Some(database)) => {
                ("store_env = 'KEYS_URL'", vec![("KEYS_URL".to_owned(), database.url())])
            }
            (Store::Postgres, None) => unreachable!(),
        };
        let this = Self { directory, env, _database: database };
        this.write("main.key", MAIN);
        this.write("recovery.key", RECOVERY);
        this.configure(&format!("{line}\n{}", keks(&["main", "recovery"])));
        this
    }

    /// With tables, and a data key that seals.
    pub fn with_key(store: Store) -> Self {
        let this = Self::empty(store);
        this.ok("keys init");
        this.ok("keys generate --promote");
        this
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// A file that only its owner reads.
    pub fn write(&self, name: &str, text: &str) {
        use std::os::unix::fs::OpenOptionsExt as _;
        let mut options = std::fs::OpenOptions::new();
        let mut file = options.create(true).truncate(true).write(true).mode(0o600).open(self.path(name)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    pub fn configure(&self, rest: &str) {
        self.write("encrypted-fields.toml", &format!("application = 'shop'\n{rest}"));
    }

    /// More of it.
    pub fn append(&self, more: &str) {
        let before = std::fs::read_to_string(self.path("encrypted-fields.toml")).unwrap();
        self.write("encrypted-fields.toml", &format!("{before}{more}"));
    }

    pub fn variable(&self, name: &str) -> Option<String> {
        self.env.iter().find(|(variable, _)| variable == name).map(|(_, value)| value.clone())
    }

    pub fn set(&mut self, variable: &str, value: &str) {
        self.env.push((variable.to_owned(), value.to_owned()));
    }

    /// With nothing of this process' environment that could configure it.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_encrypted-fields"));
        command.args(arguments).current_dir(self.directory.path()).env_clear();
        command.envs(self.env.iter().map(|(name, value)| (name, value))).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn run(&self, arguments: &str) -> Ran {
        Ran::of(self.command(&arguments.split(' ').collect::<Vec<_>>()).output().unwrap())
    }

    pub fn run_with_stdin(&self, arguments: &str, input: &str) -> Ran {
        let mut command = self.command(&arguments.split(' ').collect::<Vec<_>>());
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Ran::of(child.wait_with_output().unwrap())
    }

    /// The document of a run that goes through.
    pub fn ok(&self, arguments: &str) -> Value {
        let ran = self.run(&format!("{arguments} --json"));
        assert_eq!(ran.code, 0, "{arguments}: {ran:?}");
        ran.json()
    }

    /// The error's code of a run that does not.
    pub fn refused(&self, arguments: &str) -> String {
        let ran = self.run(&format!("{arguments} --json"));
        assert!(ran.code == 1 || ran.code == 2, "{arguments}: {ran:?}");
        ran.json()["error"]["code"].as_str().unwrap().to_owned()
    }

    /// Starts a run and waits until it stops at a step, where it stays until it is let go or killed.
    pub fn stopped_at(&self, step: &str, arguments: &str) -> Stopped {
        let file = self.path(&format!("stopped-{}", step.replace([' ', ':'], "-")));
        let mut command = self.command(&arguments.split(' ').chain(["--json"]).collect::<Vec<_>>());
        command.env("ENCRYPTED_FIELDS_STOP_AT", format!("{step}={}", file.display()));
        let mut child = command.spawn().unwrap();
        let begun = Instant::now();
        while !file.exists() {
            if let Some(status) = child.try_wait().unwrap() {
                panic!(
                    "{arguments} ended with {status} before `{step}`: {:?}",
                    Ran::of(child.wait_with_output().unwrap())
                );
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{arguments} does not come to `{step}`");
            std::thread::sleep(Duration::from_millis(2));
        }
        Stopped { child, file }
    }

    /// The keys of a purpose: id and state.
    pub fn keys(&self, purpose: &str) -> Vec<(u32, String)> {
        let list = self.ok("keys list");
        let keys = list["keys"].as_array().unwrap().iter().filter(|key| key["purpose"] == purpose);
        keys.map(|key| (id(key), key["state"].as_str().unwrap().to_owned())).collect()
    }

    pub fn primaries(&self, purpose: &str) -> Vec<u32> {
        self.keys(purpose).into_iter().filter(|(_, state)| state == "primary").map(|(id, _)| id).collect()
    }

    /// Every slot proves, and nothing worse than a warning is found.
    pub fn is_well(&self) {
        let ran = self.run("keys doctor --json");
        assert_eq!(ran.json()["errors"], 0, "{ran:?}");
    }

    pub fn directory(&self) -> &Path {
        self.directory.path()
    }
}

pub struct Stopped {
    child: Child,
    file: PathBuf,
}

impl Stopped {
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        std::fs::remove_file(&self.file).unwrap();
    }

    pub fn go_on(self) -> Ran {
        std::fs::remove_file(&self.file).unwrap();
        Ran::of(self.child.wait_with_output().unwrap())
    }
}

impl Ran {
    pub fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let code = output.status.code().expect("an exit code");
        Self { code, stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Local KEKs of these names, each with its file.
pub fn keks(names: &[&str]) -> String {
    names.iter().map(|name| format!("[[kek]]\nname = '{name}'\ntype = 'local'\nfile = '{name}.key'\n")).collect()
}

pub fn id(key: &Value) -> u32 {
    key["id"].as_u64().unwrap().try_into().unwrap()
}
