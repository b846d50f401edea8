//! What is wrong with key material or a keyring made of it. Nothing here carries a byte of a key.

use std::fmt;
use std::path::PathBuf;

use crate::seal::Algorithm;

/// Where key material came from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyOrigin {
    /// The environment variable of this name.
    Env(String),
    /// The file at this path.
    File(PathBuf),
    /// A value that the program passed.
    Given,
}

impl fmt::Display for KeyOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "environment variable {name}"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Given => f.write_str("the given key"),
        }
    }
}

/// Key material that cannot be used. Names its origin, what was expected and the length found; shows nothing of the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// There is no key at all.
    #[error("{origin} is not set or empty; expected {EXPECTED}. `openssl rand -base64 32` makes one")]
    Missing {
        /// Where it was looked for.
        origin: KeyOrigin,
    },
    /// The file cannot be read, or the variable is not text.
    #[error("{origin} cannot be read: {reason}; expected {EXPECTED}")]
    Unreadable {
        /// Where it was looked for.
        origin: KeyOrigin,
        /// What the system says.
        reason: String,
    },
    /// Neither hex nor base64.
    #[error("{origin} is neither hex nor base64: expected {EXPECTED}, found {found} characters")]
    Format {
        /// Where the key is.
        origin: KeyOrigin,
        /// How many characters.
        found: usize,
    },
    /// Base64, but of another number of bytes.
    #[error("{origin} has the wrong length: expected {EXPECTED}, found base64 of {found} bytes")]
    Length {
        /// Where the key is.
        origin: KeyOrigin,
        /// How many bytes.
        found: usize,
    },
    /// Every byte is zero: a placeholder, not a key.
    #[error("{origin} is all zeros, not a key; expected {EXPECTED}. `openssl rand -base64 32` makes one")]
    AllZero {
        /// Where the key is.
        origin: KeyOrigin,
    },
    /// A passphrase that is not in its full form, or out of bounds.
    #[error("{origin} is a passphrase that cannot be used: {reason}")]
    Passphrase {
        /// Where the passphrase is.
        origin: KeyOrigin,
        /// Why not.
        reason: PassphraseReason,
    },
    /// A Tink keyset where one raw key belongs.
    #[error("{origin} is a Tink keyset, which may hold several keys; here one key is expected: {RAW}")]
    Keyset {
        /// Where the key is.
        origin: KeyOrigin,
    },
    /// The algorithm's name is unknown.
    #[error("{origin} names no known algorithm: expected AES-256-GCM or XAES-256-GCM, found {found} characters")]
    Algorithm {
        /// Where the name is.
        origin: KeyOrigin,
        /// How many characters.
        found: usize,
    },
    /// An algorithm in front of an index key or a KEK, which has none.
    #[error("{origin} is no data key, and takes no algorithm in front of it; expected {RAW}")]
    IndexAlgorithm {
        /// Where the key is.
        origin: KeyOrigin,
    },
    /// A Tink keyset that this crate does not take.
    #[error("{origin} is not a Tink keyset that can be imported: {reason}")]
    Tink {
        /// Where the keyset is.
        origin: KeyOrigin,
        /// Why not.
        reason: TinkReason,
    },
    /// Bytes that were unwrapped and are no key, or a key of another kind than is needed.
    #[error(
        "the unwrapped bytes are no key of the kind that their record names; they were not wrapped by this library"
    )]
    Material,
    /// No key seals.
    #[error("the keyring has no primary key; exactly one is needed to seal with")]
    NoPrimary,
    /// More than one key would seal.
    #[error("the keyring has more than one primary key: {0} and {1}")]
    TwoPrimaries(u32, u32),
    /// Two keys of one id.
    #[error("the keyring has two keys of id {0}; the id in a value could not tell which one opens it")]
    DuplicateId(u32),
    /// The same bytes are two keys.
    #[error("keys {0} and {1} are the same bytes; a key has one id and one algorithm")]
    SameBytes(u32, u32),
    /// The same bytes under two algorithms.
    #[error("key {id} is listed for {first} and for {second}; a key has one algorithm")]
    TwoAlgorithms {
        /// The key's id.
        id: u32,
        /// One of them.
        first: Algorithm,
        /// The other one.
        second: Algorithm,
    },
    /// Two index keys of one id: the same key twice.
    #[error("index key {0} is listed twice")]
    DuplicateIndexKey(u32),
    /// The application's name is bound to each value.
    #[error(
        "the application's name has {found} bytes; expected 1 to 255. It is bound to every value, so that no other \
         program under the same key can exchange them"
    )]
    Application {
        /// How many bytes.
        found: usize,
    },
    /// The operating system gave no randomness for a new key.
    #[error("the operating system's random number generator failed; no key was made")]
    Random,
}

/// Why a passphrase cannot be used as a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PassphraseReason {
    /// The feature is off.
    #[error("this program was built without the feature `passphrase` of encrypted-fields; turn it on")]
    Feature,
    /// `passphrase:` and not four fields after it.
    #[error("it is not in its full form, {FULL}")]
    Form,
    /// Another way to stretch it.
    #[error("after `passphrase:` stands neither `argon2id` nor `pbkdf2-sha256`; the full form is {FULL}")]
    Kdf,
    /// The parameters are not those of the derivation, in their order.
    #[error(
        "its parameters are not `{expected}`, in this order, each number in decimal digits; the full form is {FULL}"
    )]
    Parameters {
        /// How they are written.
        expected: &'static str,
    },
    /// The salt is not base64.
    #[error(
        "its salt is not base64 of the standard alphabet without padding (`=`); `openssl rand -base64 18` makes one; the \
         full form is {FULL}"
    )]
    Salt,
    /// A number, the salt's length or the passphrase's.
    #[error("{field}: expected {least} to {most}")]
    Bound {
        /// What is out of bounds, and its unit.
        field: &'static str,
        /// The least that is taken.
        least: u64,
        /// The most that is taken.
        most: u64,
    },
    /// White space that nobody sees.
    #[error("it begins or ends with white space, which nobody sees; remove it")]
    Spaces,
    /// A character whose bytes could differ between keyboards, files or versions of Unicode.
    #[error("it has a control character, such as a tab or a line break, or one that Unicode has not assigned")]
    Character,
    /// Another key stands behind it on its line.
    #[error(
        "in a list it goes on to the end of its line, and behind a comma of it stands nothing or another key; write each \
         key on a line of its own, without a comma"
    )]
    Listed,
    /// Argon2's memory is not there.
    #[error("the memory that its `m` asks for cannot be had")]
    Memory,
}

/// Why a Tink keyset cannot be imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TinkReason {
    /// Not JSON, or not a keyset's fields.
    #[error(
        "line {line}, column {column}: not the JSON of a cleartext keyset (`primaryKeyId` and `key`, each key with \
         `keyData`, `status`, `keyId` and `outputPrefixType`, nothing else)"
    )]
    Json {
        /// Line in the text, from 1.
        line: usize,
        /// Column in the line, from 1.
        column: usize,
    },
    /// A keyset that is encrypted under a KMS key.
    #[error("it is encrypted; a cleartext keyset is expected")]
    Encrypted,
    /// No keys.
    #[error("it holds no key")]
    Empty,
    /// Id 0 is not a Tink id.
    #[error("a key has id 0, which Tink does not use")]
    ZeroId,
    /// A key type other than the two.
    #[error("key {0} is of another type; expected AesGcmKey or XAesGcmKey")]
    Type(u32),
    /// Not SYMMETRIC.
    #[error("key {0} is not symmetric key material")]
    Material(u32),
    /// The value is not base64 of the key's proto.
    #[error("key {0}: its value is not base64 of the key's protocol buffer")]
    Value(u32),
    /// A version of the key's proto that is not 0.
    #[error("key {0} has a version other than 0")]
    Version(u32),
    /// A key of another length.
    #[error("key {id} has {found} bytes; expected 32 (AES-256)")]
    KeyLength {
        /// The key's id.
        id: u32,
        /// How many bytes.
        found: usize,
    },
    /// A key of zeros.
    #[error("key {0} is all zeros")]
    AllZero(u32),
    /// An X-AES-GCM salt of another size.
    #[error("key {id} has a salt of {found} bytes; expected 12 (a 192-bit nonce)")]
    SaltSize {
        /// The key's id.
        id: u32,
        /// How many bytes.
        found: u32,
    },
    /// RAW, LEGACY, CRUNCHY or another prefix.
    #[error("key {0} has another output prefix; expected TINK, so that each value names its key")]
    Prefix(u32),
    /// A destroyed key has no bytes.
    #[error("key {0} is destroyed; remove it from the keyset")]
    Destroyed(u32),
    /// A status that is not known.
    #[error("key {0} has an unknown status; expected ENABLED or DISABLED")]
    Status(u32),
    /// Two keys of one id.
    #[error("it has two keys of id {0}")]
    DuplicateId(u32),
    /// The primary is not in the keyset.
    #[error("its primary key {0} is not among its keys")]
    MissingPrimary(u32),
    /// The primary cannot seal.
    #[error("its primary key {0} is not enabled")]
    PrimaryNotEnabled(u32),
}

const RAW: &str = "32 bytes as 64 hex characters or as base64 (43 or 44 characters, standard or URL-safe), or \
    `passphrase:..` in its full form";
const EXPECTED: &str = "32 bytes as 64 hex characters or as base64 (43 or 44 characters, standard or URL-safe), \
    `passphrase:..` in its full form, or a Tink JSON keyset";
const FULL: &str =
    "`passphrase:argon2id:v=19,m=65536,t=3,p=4:SALT:PASSPHRASE`, with a SALT of its own from `openssl rand -base64 18`";
