//! The command `encrypted-fields`.

use std::process::ExitCode;

fn main() -> ExitCode {
    encrypted_fields_ops::main()
}
