//! The page of this crate shows every expansion, because it is made of the snapshots themselves.

use std::path::Path;

#[test]
fn the_page_shows_every_snapshot() {
    let page = include_str!("../lib.rs");
    let snapshots = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/snapshots");
    let mut count = 0;
    for file in std::fs::read_dir(snapshots).unwrap() {
        let file = file.unwrap().file_name().into_string().unwrap();
        if let Some(name) = file.strip_suffix(".snap") {
            let shown = [format!("<summary>{name}</summary>"), format!("include_str!(\"tests/snapshots/{file}\")")];
            let line = page.lines().any(|line| shown.iter().all(|part| line.contains(part)));
            assert!(line, "src/lib.rs does not show tests/snapshots/{file}");
            count += 1;
        }
    }
    assert_eq!(count, page.matches("tests/snapshots/").count(), "and no other one");
    assert!(count > 20);
}
