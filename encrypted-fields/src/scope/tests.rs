use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Waker;

use super::*;
use crate::testing::keyring_named;

fn name() -> Result<String, NoKeyring> {
    current(|keyring| keyring.application().to_owned())
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Is pending once, then done.
async fn pause() {
    let mut paused = false;
    std::future::poll_fn(|_| if std::mem::replace(&mut paused, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}

/// A process of its own, since the tests of this one all use scopes.
#[test]
fn the_default_counts_until_a_scope_is_used() {
    let process = Process::new();
    let name = || process.current()?.keyring().map(|keyring| keyring.application().to_owned());
    assert_eq!(name(), Err(NoKeyring::Unset));
    process.default.store(Some(Arc::new(keyring_named("one"))));
    assert_eq!(name().unwrap(), "one");
    process.default.store(Some(Arc::new(keyring_named("two"))));
    assert_eq!(name().unwrap(), "two", "a new snapshot takes its place");
    process.scoped.store(true, Relaxed);
    assert_eq!(name(), Err(NoKeyring::ScopeLost));
}

#[test]
fn scopes_nest_and_end() {
    let (one, two) = (keyring_named("one"), keyring_named("two"));
    with(&one, || {
        assert_eq!(name().unwrap(), "one");
        with(&two, || assert_eq!(name().unwrap(), "two"));
        assert_eq!(name().unwrap(), "one");
    });
    assert_eq!(name(), Err(NoKeyring::ScopeLost));
}

#[test]
fn a_panic_ends_its_scope() {
    let (one, two) = (keyring_named("one"), keyring_named("two"));
    with(&one, || {
        let panicked = catch_unwind(AssertUnwindSafe(|| with(&two, || panic!("expected"))));
        assert!(panicked.is_err());
        assert_eq!(name().unwrap(), "one");
    });
    let mut task = pin!(task(two, async { panic!("expected") }));
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _: Poll<()> = poll(task.as_mut());
    }));
    assert!(panicked.is_err());
    assert_eq!(name(), Err(NoKeyring::ScopeLost));
}

#[test]
fn another_thread_is_outside() {
    with(&keyring_named("one"), || {
        assert_eq!(std::thread::spawn(name).join().unwrap(), Err(NoKeyring::ScopeLost));
    });
}

#[test]
fn a_task_keeps_its_keyring_between_polls_and_threads() {
    let inside = async {
        let before = name();
        pause().await;
        (before, name())
    };
    let mut inside = Box::pin(task(keyring_named("tenant 7"), inside));
    assert!(poll(inside.as_mut()).is_pending());
    assert_eq!(name(), Err(NoKeyring::ScopeLost), "not between its polls");
    let moved = std::thread::spawn(move || match poll(inside.as_mut()) {
        Poll::Ready(found) => found,
        Poll::Pending => (Err(NoKeyring::Unset), Err(NoKeyring::Unset)),
    });
    assert_eq!(moved.join().unwrap(), (Ok("tenant 7".into()), Ok("tenant 7".into())));
}

#[test]
fn interleaved_tasks_do_not_mix() {
    let inside = || async {
        pause().await;
        name()
    };
    let (mut one, mut two) = (pin!(task(keyring_named("one"), inside())), pin!(task(keyring_named("two"), inside())));
    assert!(poll(one.as_mut()).is_pending() && poll(two.as_mut()).is_pending());
    assert_eq!(poll(one.as_mut()), Poll::Ready(Ok("one".into())));
    assert_eq!(poll(two.as_mut()), Poll::Ready(Ok("two".into())));
}

#[test]
fn thread_and_task_must_agree() {
    let (one, two) = (keyring_named("one"), keyring_named("two"));
    let mut disagreeing = pin!(task(two.clone(), async { with(&one, name) }));
    assert_eq!(poll(disagreeing.as_mut()), Poll::Ready(Err(NoKeyring::Disagree)));
    let mut agreeing = pin!(task(one.clone(), async { with(&one.clone(), name) }));
    assert_eq!(poll(agreeing.as_mut()), Poll::Ready(Ok("one".into())));
    with(&one, || assert_eq!(poll(pin!(task(two, async { name() }))), Poll::Ready(Err(NoKeyring::Disagree))));
}

#[test]
fn a_scope_may_be_entered_while_a_keyring_is_lent() {
    let (one, two) = (keyring_named("one"), keyring_named("two"));
    with(&one, || {
        let found = current(|outer| (outer.application().to_owned(), with(&two, name)));
        assert_eq!(found, Ok(("one".into(), Ok("two".into()))));
    });
}

#[test]
fn a_task_is_send() {
    fn is_send<T: Send>(_: &T) {}
    is_send(&task(keyring_named("one"), async {}));
}
