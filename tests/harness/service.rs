//! A server on a loopback port, gone when this process is.

use std::ffi::{OsStr, OsString};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::harness::guardian::{self, Guarded};

/// A running server.
#[derive(Debug)]
pub struct Service {
    pub port: u16,
    _guarded: Guarded,
}

impl Service {
    /// Starts `program` with the arguments and variables that `command` makes of a free port, and waits for that port.
    pub fn start(name: &str, program: PathBuf, command: impl FnOnce(u16) -> (Vec<String>, Vec<String>)) -> Self {
        let port = free_port();
        let (arguments, variables) = command(port);
        let mut line: Vec<OsString> = vec!["env".into()];
        line.extend(variables.into_iter().map(OsString::from));
        line.push(program.into());
        line.extend(arguments.into_iter().map(OsString::from));
        let line: Vec<&OsStr> = line.iter().map(OsString::as_os_str).collect();
        let guarded = Guarded::start(name, include_str!("guardian-service.sh"), &line, &[]);

        let start = Instant::now();
        while TcpStream::connect(address(port)).is_err() {
            if start.elapsed() > Duration::from_secs(60) {
                let log = std::fs::read_to_string(guarded.directory().join("log")).unwrap_or_default();
                panic!("{name} does not listen on port {port}:\n{log}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { port, _guarded: guarded }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// A port on which nothing listens: the kernel hands out another to the next who asks.
pub fn free_port() -> u16 {
    TcpListener::bind(address(0)).and_then(|listener| listener.local_addr()).expect("a free port").port()
}

pub fn address(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// A program of the Python packages that scripts/test installs into `keys-venv` in the target directory, or of the PATH.
pub fn program(name: &str, package: &str) -> PathBuf {
    let own = std::env::current_exe().expect("this program");
    let venvs = own.ancestors().map(|directory| directory.join("keys-venv/bin"));
    let found = venvs.chain(guardian::path()).map(|directory| directory.join(name)).find(|path| path.is_file());
    found.unwrap_or_else(|| {
        panic!(
            "these tests need {name}: run them with scripts/test, which installs it, or\n  \
             python3 -m venv target/keys-venv && target/keys-venv/bin/pip install '{package}'"
        )
    })
}
