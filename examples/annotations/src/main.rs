//! Video surveillance whose database knows cameras and times, and nothing of what was seen: frames and their metadata,
//! labels and bounding boxes, detections, and who looked. What comes back wrong is an error, and the exit code says so.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example prints")]

mod models;
mod scene;
mod schema;
#[cfg(test)]
mod tests;
mod watch;

use std::env;
use std::process::ExitCode;

use encrypted_fields::set_default_keyring;
use encrypted_fields_migrations::{ANNOTATIONS_POSTGRES, ANNOTATIONS_SQLITE};
use example_support::Error;
use models::BoundingBox;
use watch::Watch;

/// The schema of the example in a Postgres database.
const SCHEMA: &str = "encrypted_fields_annotations";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Error> {
    set_default_keyring(example_support::keyring("surveillance")?);
    match env::var("DATABASE_URL") {
        Ok(url) => tour(&mut example_support::postgres(&url, SCHEMA, ANNOTATIONS_POSTGRES)?),
        Err(_) => {
            let directory = tempfile::tempdir()?;
            tour(&mut example_support::sqlite(&directory.path().join("watch.sqlite"), ANNOTATIONS_SQLITE)?)
        }
    }
}

fn tour(watch: &mut impl Watch) -> Result<(), Error> {
    let scene = scene::contents();
    watch.fill(&scene)?;
    if watch.contents()? != scene {
        return Err("what came back is not what was stored".into());
    }
    println!("Stored sealed, loaded and equal:");
    println!(
        "    {} frames with metadata, {} annotations, {} detections, {} log entries.",
        scene.frames.len(),
        scene.annotations.len(),
        scene.events.len(),
        scene.logs.len()
    );
    sizes(watch, &scene)?;
    find(watch)?;
    correct(watch)?;
    attacks(watch)
}

/// A sealed picture is 34 bytes longer than the picture; kinds of different length take the same.
fn sizes(watch: &mut impl Watch, scene: &scene::Contents) -> Result<(), Error> {
    let plain: usize = scene.frames.iter().map(|frame| frame.image.len()).sum();
    let stored = watch.stored_bytes("frames", "image")?;
    println!("    The images: {plain} bytes, {stored} sealed.");
    let kinds = watch.stored_bytes("events", "kind")?;
    println!("    Two kinds of detection, of 6 and 18 letters: {} bytes each, padded.", kinds / 2);
    Ok(())
}

fn find(watch: &mut impl Watch) -> Result<(), Error> {
    let seen = watch.seen(1, "person")?;
    let (Some((first, from)), Some((last, to))) = (seen.first(), seen.last()) else {
        return Err("nobody was found by the label".into());
    };
    println!("\nFound by label: a person in {} frames of camera 1,", seen.len());
    println!(
        "    from x = {:.2} at {} to x = {:.2} at {}, in the {}.",
        from.bounds.x,
        first.taken_at.time(),
        to.bounds.x,
        last.taken_at.time(),
        first.metadata.0.place
    );
    if !watch.seen(2, "person")?.is_empty() {
        return Err("somebody was found where nobody was".into());
    }
    println!("\nFound by operator: mara");
    for entry in watch.done_by("mara")? {
        let looked = entry.details.map(|looked| format!(" camera {} for {} s", looked.0.camera_id, looked.0.seconds));
        println!("    {} {}{}", entry.written_at.time(), entry.action, looked.unwrap_or_default());
    }
    Ok(())
}

fn correct(watch: &mut impl Watch) -> Result<(), Error> {
    let bounds = BoundingBox { x: 0.25, y: 0.5, width: 0.5, height: 0.25 };
    let corrected = watch.correct(1007, bounds)?;
    if corrected.bounds != bounds {
        return Err("the corrected box did not come back".into());
    }
    println!("\nA bounding box corrected through the row's handle: {bounds:?}");
    Ok(())
}

/// Whoever writes the table, but has no key.
fn attacks(watch: &mut impl Watch) -> Result<(), Error> {
    for (what, sql) in [
        ("A detection is moved to another camera", "UPDATE events SET camera_id = 2 WHERE id = 1"),
        (
            "The confidence of one detection is copied into another",
            "UPDATE events SET confidence = (SELECT confidence FROM events WHERE id = 1) WHERE id = 2",
        ),
    ] {
        let answer = watch.attacked(sql)?;
        if !answer.contains("authentication failed") {
            return Err(format!("{what}: NOT refused").into());
        }
        println!("\n{what}. Refused:\n    {answer}");
    }
    Ok(())
}
