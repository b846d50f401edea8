//! Makes documentation tests of the README's Rust blocks without a line in them that a reader would have to leave out:
//! what a block needs around it stands in an HTML comment before it, `<!-- doctest: CODE -->`, and becomes a hidden line.

#![allow(clippy::print_stdout, reason = "a build script talks to cargo this way")]

use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=../README.md");
    let readme = std::fs::read_to_string("../README.md")?;
    std::fs::write(Path::new(&std::env::var("OUT_DIR")?).join("README.md"), with_hidden_lines(&readme))?;
    Ok(())
}

fn with_hidden_lines(readme: &str) -> String {
    let mut out = String::new();
    let mut waiting = None;
    let mut end = None;
    for line in readme.lines() {
        if line == "```"
            && let Some(end) = end.take()
        {
            out.push_str(end);
        }
        out.push_str(line);
        out.push('\n');
        if let Some(code) = line.strip_prefix("<!-- doctest: ").and_then(|line| line.strip_suffix(" -->")) {
            waiting = Some(code);
        } else if line.starts_with("```rust")
            && let Some(code) = waiting.take()
        {
            out.push_str(&format!("# {code}\n"));
            // A block that runs ends with a `Result`, so that `?` works in it.
            end = code.contains("let conn").then_some("# Ok::<(), Box<dyn std::error::Error>>(())\n");
        }
    }
    out
}
