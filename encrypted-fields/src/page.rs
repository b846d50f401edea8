//! Pages: many rows sealed or opened at once, with a keyring in hand, on one core or on several.
//!
//! ```
//! use diesel::prelude::*;
//! use encrypted_fields::{Cores, EncryptedModel, open_all, seal_all, testing};
//!
//! diesel::table! {
//!     use diesel::sql_types::*;
//!     use encrypted_fields::sql_types::*;
//!     notes (id) {
//!         id -> BigInt,
//!         body -> Encrypted<Text>,
//!     }
//! }
//!
//! #[derive(Identifiable, EncryptedModel)]
//! struct Note {
//!     id: i64,
//!     #[encrypted]
//!     body: String,
//! }
//!
//! let keyring = testing::keyring();
//! let notes = (1..=3).map(|id| Note { id, body: format!("note {id}") }).collect();
//! // As `insert_into(notes::table).values(&sealed)` takes them, and `notes::table.load::<SealedNote>(conn)` gives them.
//! let mut sealed: Vec<SealedNote> = seal_all(notes, &keyring, Cores::One).into_iter().collect::<Result<_, _>>()?;
//!
//! sealed[1].id = 7; // somebody moved a value to another row
//! for (row, opened) in open_all::<Note>(sealed, &keyring, Cores::One).into_iter().enumerate() {
//!     match opened {
//!         Ok(note) => assert_eq!(note.body, format!("note {}", note.id)),
//!         Err(error) => assert_eq!((row, error.to_string().contains("notes.body")), (1, true)),
//!     }
//! }
//! # Ok::<(), encrypted_fields::SealError>(())
//! ```
//!
//! One row that fails does not fail the page: each has its result, at its place.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::thread;

use crate::error::{OpenError, SealError, SealReason};
use crate::keyring::{Keyring, ScopeId};

/// A model with a sealed form, as the derive makes one of every model that is read.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no sealed form",
    label = "not a model that is read",
    note = "`#[derive(EncryptedModel)]` makes one unless `only(..)` leaves out every reading trait"
)]
pub trait SealedRow: Sized {
    /// `SealedX`.
    type Sealed;

    /// `X::seal`.
    ///
    /// # Errors
    /// The first field that cannot be sealed.
    fn seal_row(self, keyring: &Keyring) -> Result<Self::Sealed, SealError>;

    /// `SealedX::open`.
    ///
    /// # Errors
    /// The first field that cannot be opened.
    fn open_row(sealed: Self::Sealed, keyring: &Keyring) -> Result<Self, OpenError>;

    /// The key scope of a sealed row (`key = column`): whose keys it takes to open it. None for a model without one.
    ///
    /// # Errors
    /// The key column's value has no canonical form.
    fn scope_of(sealed: &Self::Sealed) -> Result<Option<ScopeId>, SealReason>;
}

/// How many cores a page may take.
///
/// A thread is worth starting for a thousand rows or so, not for ten: a page shorter than that stays on the caller's,
/// whatever it may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Cores {
    /// The caller's thread alone: right in a server, whose other requests use the other cores.
    #[default]
    One,
    /// At most so many.
    UpTo(NonZero<usize>),
    /// As many as the machine has: right in a job that has it to itself.
    All,
}

/// Seals a page of rows. The results are in the order of the rows.
///
/// The calls block as long as sealing takes; in async code a long page belongs on a blocking thread.
pub fn seal_all<M>(rows: Vec<M>, keyring: &Keyring, cores: Cores) -> Vec<Result<M::Sealed, SealError>>
where
    M: SealedRow<Sealed: Send> + Send,
{
    map(rows, cores, |row| row.seal_row(keyring))
}

/// Opens a page of rows. The results are in the order of the rows.
///
/// The calls block as long as opening takes; in async code a long page belongs on a blocking thread.
pub fn open_all<M>(rows: Vec<M::Sealed>, keyring: &Keyring, cores: Cores) -> Vec<Result<M, OpenError>>
where
    M: SealedRow<Sealed: Send> + Send,
{
    map(rows, cores, |row| M::open_row(row, keyring))
}

/// How many rows are worth a thread: starting one costs as much as opening about a hundred.
const WORTH_A_THREAD: usize = 1024;

impl Cores {
    fn threads(self, rows: usize) -> usize {
        let allowed = match self {
            Self::One => 1,
            Self::UpTo(most) => most.get(),
            Self::All => thread::available_parallelism().map_or(1, NonZero::get),
        };
        allowed.min(rows / WORTH_A_THREAD).max(1)
    }
}

fn map<T: Send, R: Send>(mut rows: Vec<T>, cores: Cores, f: impl Fn(T) -> R + Sync) -> Vec<R> {
    let (total, threads) = (rows.len(), cores.threads(rows.len()));
    if threads == 1 {
        return rows.into_iter().map(f).collect();
    }
    // From the end, so that each row is moved once.
    let size = total.div_ceil(threads);
    let mut rest = Vec::with_capacity(threads);
    while rows.len() > size {
        rest.push(rows.split_off(rows.len() - size));
    }
    let f = &f;
    thread::scope(|scope| {
        let workers: Vec<_> = rest
            .into_iter()
            .rev()
            .map(|part| scope.spawn(move || part.into_iter().map(f).collect::<Vec<R>>()))
            .collect();
        let mut done = Vec::with_capacity(total);
        done.extend(rows.into_iter().map(f));
        for worker in workers {
            done.extend(worker.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        done
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::Mutex;

    use super::*;

    fn up_to(cores: usize) -> Cores {
        Cores::UpTo(NonZero::new(cores).unwrap())
    }

    #[test]
    fn the_order_is_that_of_the_rows_however_they_are_divided() {
        for cores in [Cores::One, up_to(1), up_to(2), up_to(3), up_to(7), Cores::All] {
            for rows in [0, 1, 1023, 1024, 2048, 2049, 3 * 1024 + 1, 10_000] {
                let mapped = map((0..rows).collect(), cores, |row| row * 2);
                assert_eq!(mapped, (0..rows).map(|row| row * 2).collect::<Vec<_>>(), "{cores:?}, {rows} rows");
            }
        }
    }

    #[test]
    fn a_short_page_starts_no_thread_and_a_long_one_as_many_as_it_may() {
        let threads = |rows: usize, cores| {
            let seen = Mutex::new(HashSet::new());
            map((0..rows).collect(), cores, |_| seen.lock().unwrap().insert(thread::current().id()));
            seen.into_inner().unwrap().len()
        };
        assert_eq!(threads(2047, up_to(4)), 1);
        assert_eq!(threads(2048, up_to(4)), 2);
        assert_eq!(threads(100_000, up_to(4)), 4);
        assert_eq!(threads(100_000, Cores::One), 1);
    }

    #[test]
    #[should_panic(expected = "row 9999")]
    fn a_panic_of_a_worker_is_the_callers() {
        map((0..10_000).collect(), up_to(2), |row| assert!(row < 9999, "row {row}"));
    }
}
