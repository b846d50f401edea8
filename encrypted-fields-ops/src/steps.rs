//! For the tests: an operation that stops at one of its steps, so that it can be killed there.
//!
//! `ENCRYPTED_FIELDS_STOP_AT="<step>=<file>"` makes the file when the step is first reached, and goes on when it is gone.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use encrypted_fields_keys::KeyManager;

pub(crate) fn watched(manager: KeyManager) -> KeyManager {
    let Ok(stop) = std::env::var("ENCRYPTED_FIELDS_STOP_AT") else { return manager };
    let Some((at, file)) = stop.rsplit_once('=').map(|(at, file)| (at.to_owned(), PathBuf::from(file))) else {
        return manager;
    };
    let stopped = AtomicBool::new(false);
    manager.on_step(Arc::new(move |step| {
        if step == at && !stopped.swap(true, Ordering::Relaxed) && std::fs::File::create(&file).is_ok() {
            while file.exists() {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }))
}
