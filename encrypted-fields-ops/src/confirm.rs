//! Asking before what cannot be undone.

use std::io::{BufRead, IsTerminal as _, Write};

use crate::failure::Failure;

/// Asks whoever sits at the terminal to type `answer`.
///
/// # Errors
/// Where nobody sits there, and where something else is typed.
pub(crate) fn ask(question: &str, answer: &str, instead: &str) -> Result<(), Failure> {
    let stdin = std::io::stdin();
    let there = stdin.is_terminal() && std::io::stderr().is_terminal();
    ask_at(there, &mut stdin.lock(), &mut std::io::stderr(), question, answer, instead)
}

fn ask_at(
    terminal: bool,
    input: &mut dyn BufRead,
    output: &mut dyn Write,
    question: &str,
    answer: &str,
    instead: &str,
) -> Result<(), Failure> {
    if !terminal {
        let what = format!("{question} Nobody can be asked, because this is no terminal, and nothing was done");
        return Err(Failure::usage(what, format!("{instead}, where it is meant")));
    }
    let mut typed = String::new();
    let asked = write!(output, "{question}\nType {answer} to go on: ").and_then(|()| output.flush());
    let read = asked.and_then(|()| input.read_line(&mut typed));
    if read.is_ok() && typed.trim() == answer {
        return Ok(());
    }
    Err(Failure::failed(
        "not-confirmed",
        "it was not confirmed, and nothing was done",
        format!("type {answer}, or {instead}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_answer_goes_on() {
        let ask = |terminal, typed: &str| {
            ask_at(terminal, &mut typed.as_bytes(), &mut Vec::new(), "Destroy?", "42", "--yes").is_ok()
        };
        assert!(ask(true, "42\n") && ask(true, " 42 "));
        for typed in ["", "\n", "y\n", "yes\n", "421\n"] {
            assert!(!ask(true, typed), "{typed}");
        }
        assert!(!ask(false, "42\n"));
    }
}
