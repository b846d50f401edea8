//! The command line. No option takes a key: whoever may list processes sees arguments.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use encrypted_fields::Algorithm;
use encrypted_fields_keys::Purpose;
use encrypted_fields_keys::config::Overrides;

const EXIT_CODES: &str = "\
Exit codes: 0 done; 1 failed; 2 the command line or the configuration cannot be right; 3 `keys doctor`,
`subjects verify` or `config check` found errors or warnings.

The configuration is read from the environment (ENCRYPTED_FIELDS_APPLICATION, _TENANT, _STORE, _LEAST_GENERATION, _KEK,
_KEK_FILE), then from encrypted-fields.toml, then from the options; what comes later is stronger.";

/// Keys of encrypted fields: make, promote, rotate, wrap anew, and see that they are well.
#[derive(Debug, Parser)]
#[command(name = "encrypted-fields", version, after_help = EXIT_CODES, propagate_version = true, max_term_width = 120)]
pub struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// The configuration's file; otherwise ENCRYPTED_FIELDS_CONFIG, or ./encrypted-fields.toml if it is there
    #[arg(long, global = true, value_name = "FILE", help_heading = "Configuration")]
    config: Option<PathBuf>,
    /// The application, which every value is bound to
    #[arg(long, global = true, value_name = "NAME", help_heading = "Configuration")]
    application: Option<String>,
    /// The tenant whose keys are meant
    #[arg(long, global = true, value_name = "NAME", help_heading = "Configuration")]
    tenant: Option<String>,
    /// The key store: postgres://.., sqlite:PATH or file:PATH, without a password
    #[arg(long, global = true, value_name = "URL", help_heading = "Configuration")]
    store: Option<String>,
    /// The variable that has the key store's URL
    #[arg(long, global = true, value_name = "VARIABLE", help_heading = "Configuration", conflicts_with = "store")]
    store_env: Option<String>,
    /// Refuse a key store of a lower generation, which is an older copy
    #[arg(long, global = true, value_name = "NUMBER", help_heading = "Configuration")]
    least_generation: Option<u64>,
    /// Answer as one JSON document
    #[arg(long, global = true, help_heading = "Output")]
    pub(crate) json: bool,
    /// Log to standard error: -v what is done, -vv more
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Output")]
    pub(crate) verbose: u8,
}

impl Global {
    pub(crate) fn overrides(&self) -> Overrides {
        Overrides {
            file: self.config.clone(),
            application: self.application.clone(),
            tenant: self.tenant.clone(),
            store: self.store.clone(),
            store_env: self.store_env.clone(),
            least_generation: self.least_generation,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make keys, change what they may do, wrap them anew
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Keys of data subjects: who has one, and erasing somebody for good
    #[cfg(any(feature = "postgres", feature = "sqlite"))]
    Subjects {
        #[command(subcommand)]
        command: SubjectsCommand,
    },
    /// What is configured, and what is wrong with it
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Print the completions of a shell
    #[command(after_help = "bash: encrypted-fields completions bash > /etc/bash_completion.d/encrypted-fields")]
    Completions {
        /// The shell
        shell: Shell,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Create the key store's tables, if they are missing
    Init,
    /// Make a key and prove it; the first of an application makes its keyset. Nothing is overwritten
    Generate {
        /// What it is for
        #[arg(long, value_name = "PURPOSE", default_value = "data", value_parser = made_purpose())]
        purpose: Purpose,
        /// What a data key is used with
        #[arg(long, default_value = "AES-256-GCM", value_parser = algorithm())]
        algorithm: Algorithm,
        /// Let it seal at once
        #[arg(long)]
        promote: bool,
    },
    /// List every key
    List,
    /// Show one key
    Show(KeyArgs),
    /// Let a key seal; the one of before only opens from then on
    Promote(KeyArgs),
    /// Take a key out of use, once nothing is sealed under it any more
    Retire(Sure<KeyArgs>),
    /// Stop a key at once: it neither seals nor opens
    Disable(Sure<KeyArgs>),
    /// Let a disabled key open again
    Enable(KeyArgs),
    /// Destroy a disabled key, and with it for ever whatever is sealed under it
    Destroy(Sure<KeyArgs>),
    /// By which KEKs a key can be unwrapped
    Slots {
        #[command(subcommand)]
        command: SlotsCommand,
    },
    /// Wrap every key by a KEK, and drop the slots of another. Killed, it is run again
    Rewrap(Sure<RewrapArgs>),
    /// Store keys that were kept elsewhere
    Import(ImportArgs),
    /// Write the data keys out in cleartext
    Export(ExportArgs),
    /// Prove every slot, and look at states, ages and counters
    Doctor {
        /// After how many days a primary data key should be rotated
        #[arg(long, value_name = "DAYS", default_value_t = 90)]
        rotation_days: u32,
    },
}

/// A key.
#[derive(Debug, Clone, Args)]
pub(crate) struct KeyArgs {
    /// The key's id
    #[arg(value_name = "ID")]
    pub(crate) id: u32,
    /// What it is for; needed only where two keys have one id
    #[arg(long, value_name = "PURPOSE", value_parser = any_purpose())]
    pub(crate) purpose: Option<Purpose>,
}

/// What cannot be undone, or stops something.
#[derive(Debug, Args)]
pub(crate) struct Sure<T: Args> {
    #[command(flatten)]
    pub(crate) of: T,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SlotsCommand {
    /// List the slots of one key, or of every key
    List {
        /// The key's id
        #[arg(value_name = "ID")]
        id: Option<u32>,
    },
    /// Wrap a key by one more KEK
    Add(SlotArgs),
    /// Take a slot away; the last one stays
    Remove(Sure<SlotArgs>),
}

/// A slot.
#[derive(Debug, Args)]
pub(crate) struct SlotArgs {
    #[command(flatten)]
    pub(crate) key: KeyArgs,
    /// The KEK, as it is configured
    #[arg(long, value_name = "NAME")]
    pub(crate) kek: String,
}

#[derive(Debug, Args)]
pub(crate) struct RewrapArgs {
    /// The KEK that gets slots
    #[arg(long, value_name = "NAME")]
    pub(crate) to: String,
    /// The KEK that loses them, once every key came out of its new slot; the same as --to: each slot is made anew
    #[arg(long, value_name = "NAME")]
    pub(crate) from: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "Without --purpose and --tink a variable or a file is read as the program read it: the key, \
                        ENCRYPTION_KEYS_OLD, and the index key.")]
pub(crate) struct ImportArgs {
    #[command(flatten)]
    pub(crate) from: ImportFrom,
    /// It is a cleartext Tink JSON keyset
    #[arg(long, conflicts_with = "purpose")]
    pub(crate) tink: bool,
    /// It is one key, for this
    #[arg(long, value_name = "PURPOSE", value_parser = imported_purpose())]
    pub(crate) purpose: Option<Purpose>,
    /// What a data key that does not say it is used with
    #[arg(long, default_value = "AES-256-GCM", value_parser = algorithm())]
    pub(crate) algorithm: Algorithm,
    /// Let what was primary there seal and index here at once
    #[arg(long)]
    pub(crate) promote: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct ImportFrom {
    /// The variable that has it
    #[arg(long, value_name = "VARIABLE")]
    pub(crate) env: Option<String>,
    /// The file that has it
    #[arg(long, value_name = "PATH")]
    pub(crate) file: Option<PathBuf>,
    /// Read it from standard input
    #[arg(long)]
    pub(crate) stdin: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// As a Tink JSON keyset
    #[arg(long, required = true)]
    pub(crate) tink: bool,
    #[command(flatten)]
    pub(crate) to: ExportTo,
    /// Do not ask: whoever gets the keyset reads every value
    #[arg(long)]
    pub(crate) yes_export_secret_keys: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct ExportTo {
    /// Into this new file, which only you can read
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// To standard output
    #[arg(long)]
    pub(crate) stdout: bool,
}

#[cfg(any(feature = "postgres", feature = "sqlite"))]
#[derive(Debug, Subcommand)]
pub(crate) enum SubjectsCommand {
    /// Create the tables of subject keys and erasures, if they are missing
    Init,
    /// Show whether a data subject has a key
    Show(SubjectArgs),
    /// Destroy a data subject's key: whatever is sealed under it is unreadable for ever
    Erase(Sure<EraseArgs>),
    /// Erase again whom the ledger file names and a restored database does not
    Replay {
        /// Another ledger file than the configured one
        #[arg(long, value_name = "FILE")]
        ledger: Option<PathBuf>,
    },
    /// Wrap every subject's key under the newest subject root. Killed, it is run again
    Rewrap {
        /// Keys a transaction
        #[arg(long, value_name = "KEYS", default_value_t = 1000)]
        page: usize,
    },
    /// Check every key, tombstone and erasure
    Verify,
}

/// A data subject.
#[cfg(any(feature = "postgres", feature = "sqlite"))]
#[derive(Debug, Args)]
pub(crate) struct SubjectArgs {
    /// The value of the model's key column, such as the user's id
    #[arg(value_name = "SUBJECT", allow_hyphen_values = true)]
    pub(crate) subject: String,
    /// The column's type; otherwise digits are an integer, a UUID is one, and the rest is text
    #[arg(long = "as", value_name = "TYPE", value_enum)]
    pub(crate) kind: Option<SubjectKind>,
}

#[cfg(any(feature = "postgres", feature = "sqlite"))]
#[derive(Debug, Args)]
pub(crate) struct EraseArgs {
    #[command(flatten)]
    pub(crate) subject: SubjectArgs,
    /// Even where it has no key, so that none is ever made
    #[arg(long)]
    pub(crate) absent: bool,
}

/// The type of a key column.
#[cfg(any(feature = "postgres", feature = "sqlite"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum SubjectKind {
    /// SMALLINT, INTEGER or BIGINT
    Integer,
    /// TEXT
    Text,
    /// UUID
    Uuid,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Ask every KEK and the store, and say what is wrong and how to mend it
    Check,
    /// Show every value that holds, and where it was said
    Show,
}

use clap::builder::{PossibleValuesParser, TypedValueParser};

fn algorithm() -> impl TypedValueParser<Value = Algorithm> {
    PossibleValuesParser::new(["AES-256-GCM", "XAES-256-GCM"]).try_map(|name| name.parse::<Algorithm>())
}

fn purpose(names: &'static [&'static str]) -> impl TypedValueParser<Value = Purpose> {
    PossibleValuesParser::new(names).try_map(|name| name.parse::<Purpose>())
}

fn made_purpose() -> impl TypedValueParser<Value = Purpose> {
    purpose(&["data", "index", "subject-root"])
}

fn imported_purpose() -> impl TypedValueParser<Value = Purpose> {
    purpose(&["data", "index"])
}

fn any_purpose() -> impl TypedValueParser<Value = Purpose> {
    purpose(&["data", "index", "subject-root", "store-root"])
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::Cli;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn no_option_takes_a_secret() {
        fn options(command: &clap::Command, found: &mut Vec<String>) {
            let ids = command.get_arguments().filter(|it| it.get_action().takes_values());
            found.extend(ids.map(|it| it.get_id().to_string()));
            command.get_subcommands().for_each(|it| options(it, found));
        }
        let mut found = Vec::new();
        options(&Cli::command(), &mut found);
        found.sort();
        found.dedup();
        // A new one is looked at before it is written here: may it be seen by every user of the machine?
        let known = [
            "algorithm",
            "application",
            "config",
            "env",
            "file",
            "from",
            "id",
            "kek",
            "kind",
            "least_generation",
            "ledger",
            "output",
            "page",
            "purpose",
            "rotation_days",
            "shell",
            "store",
            "store_env",
            "subject",
            "tenant",
            "to",
        ];
        assert_eq!(found, known);
    }
}
