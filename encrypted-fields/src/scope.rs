//! Which keyring code runs under, where it is not passed one.
//!
//! 1. The **thread scope**, [`with`]: a synchronous closure, so that it cannot be held across an `await`.
//! 2. The **task scope**, [`task`]: a future, wherever it is polled. A `tokio::spawn` inside it starts without it.
//! 3. The **default**, [`set_default_keyring`], of the whole process.
//!
//! Thread and task scopes that hold different keyrings are an error. Once any scope has been used in the process, the
//! default is off: a scope lost on the way is then [`NoKeyring::ScopeLost`], and never another tenant's key.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::thread::LocalKey;

use arc_swap::{ArcSwapOption, Guard};

use crate::error::NoKeyring;
use crate::keyring::Keyring;

/// Sets the keyring of the process. May be called again with a new snapshot: what is running goes on with the old one,
/// what begins afterwards takes the new one.
///
/// ```
/// use encrypted_fields::testing;
///
/// encrypted_fields::set_default_keyring(testing::keyring());
/// assert_eq!(encrypted_fields::current_keyring()?.application(), "test");
/// # Ok::<(), encrypted_fields::error::NoKeyring>(())
/// ```
pub fn set_default_keyring(keyring: Keyring) {
    PROCESS.default.store(Some(Arc::new(keyring)));
}

/// The keyring that code here runs under.
///
/// # Errors
///
/// [`NoKeyring`]: nothing is set, the scope was lost, or two scopes disagree.
///
/// ```
/// use encrypted_fields::{current_keyring, scope, testing};
///
/// let keyring = testing::keyring();
/// let id = scope::with(&keyring, || current_keyring().map(|it| it.primary_id()))?;
/// assert_eq!(id, keyring.primary_id());
/// # Ok::<(), encrypted_fields::error::NoKeyring>(())
/// ```
pub fn current_keyring() -> Result<Keyring, NoKeyring> {
    current(Keyring::clone)
}

/// Runs a closure under a keyring, on this thread. Scopes nest; the one of before is back afterwards, after a panic too.
///
/// ```
/// use encrypted_fields::{current_keyring, scope, testing};
///
/// let (one, two) = (testing::keyring_named("one"), testing::keyring_named("two"));
/// scope::with(&one, || {
///     scope::with(&two, || assert_eq!(current_keyring().unwrap().application(), "two"));
///     assert_eq!(current_keyring().unwrap().application(), "one");
/// });
/// ```
pub fn with<R>(keyring: &Keyring, f: impl FnOnce() -> R) -> R {
    let _restored = Entered::new(&THREAD, keyring);
    f()
}

/// A future that runs under a keyring, on whichever threads it is polled. What it spawns does not.
///
/// ```
/// use encrypted_fields::{current_keyring, scope, testing};
///
/// async fn handler() -> String {
///     current_keyring().map(|keyring| keyring.application().to_owned()).unwrap_or_default()
/// }
///
/// let request = scope::task(testing::keyring_named("tenant 7"), handler());
/// # use std::{future::Future, pin::pin, task::{Context, Poll, Waker}};
/// # let polled = pin!(request).poll(&mut Context::from_waker(Waker::noop()));
/// # assert_eq!(polled, Poll::Ready("tenant 7".to_owned()));
/// ```
pub fn task<F: Future>(keyring: Keyring, future: F) -> Task<F> {
    Task { keyring, future: Box::pin(future) }
}

/// Looks the keyring up and lends it.
#[doc(hidden)]
#[inline]
pub fn current<R>(f: impl FnOnce(&Keyring) -> R) -> Result<R, NoKeyring> {
    PROCESS.current()?.keyring().map(f)
}

/// Runs `f` with the keyring in scope, or with why there is none.
#[doc(hidden)]
#[inline]
pub fn with_keyring<R>(f: impl FnOnce(Result<&Keyring, NoKeyring>) -> R) -> R {
    match &PROCESS.current() {
        Ok(current) => f(current.keyring()),
        Err(reason) => f(Err(*reason)),
    }
}

/// What [`task`] returns.
#[must_use = "futures do nothing unless polled"]
pub struct Task<F> {
    keyring: Keyring,
    /// Boxed, so that it can be polled without unsafe code.
    future: Pin<Box<F>>,
}

impl<F: Future> Future for Task<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let _restored = Entered::new(&TASK, &self.keyring);
        self.future.as_mut().poll(context)
    }
}

impl<F> fmt::Debug for Task<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task").field("keyring", &self.keyring).finish_non_exhaustive()
    }
}

/// A scope of this thread. `Rc`, so that lending it counts no shared atomic.
type Slot = RefCell<Option<Rc<Keyring>>>;

thread_local! {
    static THREAD: Slot = const { RefCell::new(None) };
    static TASK: Slot = const { RefCell::new(None) };
}

/// A scope entered; what was there before comes back when it is dropped.
struct Entered {
    slot: &'static LocalKey<Slot>,
    before: Option<Rc<Keyring>>,
}

impl Entered {
    fn new(slot: &'static LocalKey<Slot>, keyring: &Keyring) -> Self {
        PROCESS.scoped.store(true, Relaxed);
        Self { slot, before: slot.replace(Some(Rc::new(keyring.clone()))) }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.slot.replace(self.before.take());
    }
}

static PROCESS: Process = Process::new();

struct Process {
    default: ArcSwapOption<Keyring>,
    /// A scope has been used: the default is off.
    scoped: AtomicBool,
}

impl Process {
    const fn new() -> Self {
        Self { default: ArcSwapOption::const_empty(), scoped: AtomicBool::new(false) }
    }

    #[inline]
    fn current(&self) -> Result<Current, NoKeyring> {
        if !self.scoped.load(Relaxed) {
            let default = self.default.load();
            return if default.is_some() { Ok(Current::Default(default)) } else { Err(NoKeyring::Unset) };
        }
        // A thread that is ending has no scopes any more.
        let entered = |slot: &'static LocalKey<Slot>| slot.try_with(|slot| slot.borrow().clone()).ok().flatten();
        match (entered(&THREAD), entered(&TASK)) {
            (None, None) => Err(NoKeyring::ScopeLost),
            (Some(thread), Some(task)) if !thread.is(&task) => Err(NoKeyring::Disagree),
            (Some(keyring), _) | (None, Some(keyring)) => Ok(Current::Scoped(keyring)),
        }
    }
}

/// The keyring in scope, held for as long as it is used.
enum Current {
    Default(Guard<Option<Arc<Keyring>>>),
    Scoped(Rc<Keyring>),
}

impl Current {
    #[inline]
    fn keyring(&self) -> Result<&Keyring, NoKeyring> {
        match self {
            Self::Default(default) => default.as_deref().ok_or(NoKeyring::Unset),
            Self::Scoped(keyring) => Ok(keyring),
        }
    }
}

#[cfg(test)]
mod tests;
