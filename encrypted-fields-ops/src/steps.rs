//! For the tests: an operation that stops at one of its steps, so that it can be killed there.
//!
//! `ENCRYPTED_FIELDS_STOP_AT="<step>=<file>"` makes the file when the step is first reached, and goes on when it is gone.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What the operations of this process are told of their steps by.
pub(crate) fn hook() -> Option<Arc<dyn Fn(&'static str) + Send + Sync>> {
    let stop = std::env::var("ENCRYPTED_FIELDS_STOP_AT").ok()?;
    let (at, file) = stop.rsplit_once('=').map(|(at, file)| (at.to_owned(), PathBuf::from(file)))?;
    let stopped = AtomicBool::new(false);
    Some(Arc::new(move |step| {
        if step == at && !stopped.swap(true, Ordering::Relaxed) && std::fs::File::create(&file).is_ok() {
            while file.exists() {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }))
}
