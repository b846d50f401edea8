//! Where the records are: a database that is not trusted. It keeps what it is given, in transactions; what the rows mean, and
//! whether they are genuine, is decided by who asks.

use std::fmt;

use async_trait::async_trait;
use diesel::prelude::*;

use super::error::SubjectsError;
use super::namespace::Namespace;

/// Keeps the records of subject keys and the ledger of erasures.
#[async_trait]
pub trait SubjectStore: fmt::Debug + Send + Sync {
    /// Gives each record of these subjects to `found`, as it arrives, by one query.
    ///
    /// # Errors
    /// [`SubjectsError::Database`], as every method.
    async fn find(
        &self,
        namespace: &Namespace,
        subjects: &[&[u8]],
        found: &mut (dyn FnMut(Found) + Send),
    ) -> Result<(), SubjectsError>;

    /// The ledger's entries for these subjects.
    ///
    /// # Errors
    /// As above.
    async fn erasures_of(&self, namespace: &Namespace, subjects: &[&[u8]])
    -> Result<Vec<StoredErasure>, SubjectsError>;

    /// Writes new records, in one transaction: holds the ledger's head so that no erasure runs meanwhile, asks `permit`, inserts,
    /// and leaves alone what is there already.
    ///
    /// # Errors
    /// As above, and whatever `permit` says.
    async fn mint(&self, namespace: &Namespace, mint: Mint<'_>) -> Result<(), SubjectsError>;

    /// Erases a subject, in one transaction: holds the ledger's head alone, asks `plan`, and writes what it says.
    ///
    /// # Errors
    /// As above, and whatever `plan` says.
    async fn erase(&self, namespace: &Namespace, erase: Erase<'_>) -> Result<(), SubjectsError>;

    /// Puts new wrapped bytes in the place of old ones, each only where the old ones still stand. How many did.
    ///
    /// # Errors
    /// As above.
    async fn rewrap(&self, namespace: &Namespace, keys: &[Rewrapped]) -> Result<usize, SubjectsError>;

    /// A page of records by subject, from after `after` on; only present ones of other roots than `not_under`, where given.
    ///
    /// # Errors
    /// As above.
    async fn page(
        &self,
        namespace: &Namespace,
        after: Option<&[u8]>,
        not_under: Option<i64>,
        limit: i64,
    ) -> Result<Vec<StoredKey>, SubjectsError>;

    /// How many present records each subject root wraps.
    ///
    /// # Errors
    /// As above.
    async fn by_root(&self, namespace: &Namespace) -> Result<Vec<(i64, i64)>, SubjectsError>;

    /// The ledger's head, and how many entries there are; where there is no head, how many tombstones too.
    ///
    /// # Errors
    /// As above.
    async fn ledger(&self, namespace: &Namespace) -> Result<Ledger, SubjectsError>;

    /// A page of the ledger, from after `seq` on.
    ///
    /// # Errors
    /// As above.
    async fn entries(&self, namespace: &Namespace, seq: i64, limit: i64) -> Result<Vec<StoredErasure>, SubjectsError>;

    /// Writes the first head of a namespace, unless there is one.
    ///
    /// # Errors
    /// As above.
    async fn begin(&self, namespace: &Namespace, head: &StoredHead) -> Result<(), SubjectsError>;
}

/// Whether keys may be made beside this ledger, in which these erasures are of the subjects that they are for.
pub type Permit<'a> = dyn Fn(&Ledger, &[StoredErasure]) -> Result<(), SubjectsError> + Send + Sync + 'a;

/// What [`SubjectStore::mint`] is asked to write.
#[allow(missing_debug_implementations, reason = "closures")]
pub struct Mint<'a> {
    /// The records, sorted by subject so that two who mint at once do not wait for each other in a circle.
    pub keys: &'a [StoredKey],
    /// Says no: the ledger is not what it was, or names one of them.
    pub permit: &'a Permit<'a>,
    /// Told of each step.
    pub step: &'a (dyn Fn(&'static str) + Send + Sync),
}

/// What [`SubjectStore::erase`] is asked to do.
#[allow(missing_debug_implementations, reason = "closures")]
pub struct Erase<'a> {
    /// Whom.
    pub subject: &'a [u8],
    /// The entries after this one are shown to `plan`.
    pub entries_after: i64,
    /// Decides what to write.
    pub plan: &'a (dyn Fn(EraseView) -> Result<ErasePlan, SubjectsError> + Send + Sync),
    /// Told of each step.
    pub step: &'a (dyn Fn(&'static str) + Send + Sync),
}

/// What there is of a subject that is to be erased.
#[derive(Debug, Clone)]
pub struct EraseView {
    /// The ledger.
    pub ledger: Ledger,
    /// The subject's record.
    pub key: Option<StoredKey>,
    /// The ledger's entry for it.
    pub erasure: Option<StoredErasure>,
    /// The entries that were asked for.
    pub entries: Vec<StoredErasure>,
}

/// What an erasure writes.
#[derive(Debug, Clone, Default)]
pub struct ErasePlan {
    /// Appended to the ledger, and its new head.
    pub append: Option<(StoredErasure, StoredHead)>,
    /// In the place of the record.
    pub tombstone: Option<StoredKey>,
    /// Told to other processes, where the database has a way.
    pub notify: String,
}

/// A record: present or a tombstone.
#[derive(Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = schema::encrypted_fields_subject_keys)]
#[diesel(treat_none_as_null = true)]
pub struct StoredKey {
    /// The canonical form of the subject's id.
    pub subject: Vec<u8>,
    /// u32.
    pub key_id: i64,
    /// Its name.
    pub algorithm: String,
    /// u32.
    pub root_id: Option<i64>,
    /// What the root wrapped.
    pub wrapped: Option<Vec<u8>>,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds.
    pub erased_at: Option<i64>,
    /// Of a tombstone.
    pub mac: Option<Vec<u8>>,
}

/// An entry of the ledger.
#[derive(Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::encrypted_fields_erasures)]
pub struct StoredErasure {
    /// From 1.
    pub seq: i64,
    /// The canonical form of the subject's id.
    pub subject: Vec<u8>,
    /// u32; 0 where there was no key.
    pub key_id: i64,
    /// Unix seconds.
    pub erased_at: i64,
    /// Of the entry.
    pub mac: Vec<u8>,
    /// Of the entry and those before it.
    pub chain: Vec<u8>,
}

/// Where the ledger ends.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = schema::encrypted_fields_erasure_heads)]
pub struct StoredHead {
    /// How many entries there are.
    pub seq: i64,
    /// The last one's; empty at first.
    pub chain: Vec<u8>,
    /// Of the head.
    pub mac: Vec<u8>,
}

/// What is needed of a record to use it: a column more or less is felt when a page of a thousand is read.
#[derive(Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = schema::encrypted_fields_subject_keys)]
pub struct FoundKey {
    /// The canonical form of the subject's id.
    pub subject: Vec<u8>,
    /// u32.
    pub key_id: i64,
    /// Its name.
    pub algorithm: String,
    /// What the root wrapped.
    pub wrapped: Option<Vec<u8>>,
    /// Unix seconds.
    pub erased_at: Option<i64>,
    /// Of a tombstone.
    pub mac: Option<Vec<u8>>,
}

impl From<StoredKey> for FoundKey {
    fn from(StoredKey { subject, key_id, algorithm, wrapped, erased_at, mac, .. }: StoredKey) -> Self {
        Self { subject, key_id, algorithm, wrapped, erased_at, mac }
    }
}

/// A record, and whether the ledger names its subject.
#[derive(Debug, Clone)]
pub struct Found {
    /// What is needed of the record.
    pub key: FoundKey,
    /// The ledger has an entry for it, genuine or not.
    pub listed: bool,
}

/// The ledger at a glance.
#[derive(Debug, Clone)]
pub struct Ledger {
    /// Its head.
    pub head: Option<StoredHead>,
    /// How many entries there are.
    pub entries: i64,
    /// How many tombstones there are: counted by [`SubjectStore::ledger`], and only where there is no head.
    pub tombstones: i64,
}

/// New wrapped bytes for a record.
#[derive(Clone)]
pub struct Rewrapped {
    /// Whose.
    pub subject: Vec<u8>,
    /// What stands there.
    pub old: Vec<u8>,
    /// What shall.
    pub new: Vec<u8>,
    /// The root that wrapped it.
    pub root_id: i64,
}

macro_rules! without_contents {
    ($($record:ident { $($shown:ident),* })*) => {$(
        /// Without the subject, who is a person, and without key bytes.
        impl fmt::Debug for $record {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($record))$(.field(stringify!($shown), &self.$shown))*.finish_non_exhaustive()
            }
        }
    )*};
}
without_contents! {
    StoredKey { key_id, algorithm, root_id, created_at, erased_at }
    FoundKey { key_id, algorithm, erased_at }
    StoredErasure { seq, key_id, erased_at }
    Rewrapped { root_id }
}

pub(super) mod schema {
    diesel::table! {
        encrypted_fields_subject_keys (application, tenant, subject) {
            application -> Text,
            tenant -> Text,
            subject -> Binary,
            key_id -> BigInt,
            algorithm -> Text,
            root_id -> Nullable<BigInt>,
            wrapped -> Nullable<Binary>,
            created_at -> BigInt,
            erased_at -> Nullable<BigInt>,
            mac -> Nullable<Binary>,
        }
    }
    diesel::table! {
        encrypted_fields_erasures (application, tenant, seq) {
            application -> Text,
            tenant -> Text,
            seq -> BigInt,
            subject -> Binary,
            key_id -> BigInt,
            erased_at -> BigInt,
            mac -> Binary,
            chain -> Binary,
        }
    }
    diesel::table! {
        encrypted_fields_erasure_heads (application, tenant) {
            application -> Text,
            tenant -> Text,
            seq -> BigInt,
            chain -> Binary,
            mac -> Binary,
        }
    }
    diesel::allow_tables_to_appear_in_same_query!(encrypted_fields_subject_keys, encrypted_fields_erasures);
}
