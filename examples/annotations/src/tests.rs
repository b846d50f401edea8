//! The tour on SQLite, and what it rests on.

use diesel::prelude::*;
use encrypted_fields::{EncryptedModel, scope, testing};

use super::*;
use crate::models::{Annotation, Event, Frame};
use crate::schema::frames;

fn filled<R>(test: impl FnOnce(&mut SqliteConnection) -> R) -> R {
    let directory = tempfile::tempdir().unwrap();
    scope::with(&testing::keyring(), || {
        let mut watch = example_support::sqlite(&directory.path().join("watch.sqlite"), ANNOTATIONS_SQLITE).unwrap();
        watch.fill(&scene::contents()).unwrap();
        test(&mut watch)
    })
}

#[test]
fn what_is_stored_comes_back() {
    filled(|watch| assert_eq!(watch.contents().unwrap(), scene::contents()));
}

#[test]
fn the_tour_goes_through() {
    let directory = tempfile::tempdir().unwrap();
    scope::with(&testing::keyring(), || {
        let path = directory.path().join("watch.sqlite");
        tour(&mut example_support::sqlite(&path, ANNOTATIONS_SQLITE).unwrap()).unwrap();
        let file = std::fs::read(path).unwrap();
        for word in ["platform", "Person", "person", "luggage", "mara", "police", "P5 96 54"] {
            let found = file.windows(word.len()).any(|window| window == word.as_bytes());
            assert!(!found, "the file shows {word:?}");
        }
    });
}

#[test]
fn a_picture_is_found_in_the_scene_and_not_in_the_table() {
    filled(|watch| {
        let frame: Frame = Frame::query().filter(frames::id.eq(1003)).first(watch).unwrap();
        assert!(frame.image.starts_with(b"P5 96 54 255\n"));
        assert_eq!(frame.image.len(), b"P5 96 54 255\n".len() + 96 * 54);
        assert_eq!(watch.seen(1, "PERSON").unwrap().len(), 60);
        assert_eq!(watch.seen(2, "suitcase").unwrap().len(), 60);
        assert!(watch.seen(2, "Person").unwrap().is_empty());
    });
}

#[test]
fn a_kind_is_padded_and_a_box_has_one_length() {
    filled(|watch| {
        let sizes: Vec<i64> = ["kind", "confidence"].map(|column| watch.stored_bytes("events", column).unwrap()).into();
        // Version, key id, nonce, tag, type tag; 4 bytes of length and a block of 32; a double is 8.
        assert_eq!(sizes, [2 * (34 + 4 + 32), 2 * (34 + 8)]);
        assert_eq!(watch.stored_bytes("annotations", "x").unwrap(), 120 * (34 + 4));
    });
}

#[test]
fn the_models_are_described() {
    let columns = |columns: &[encrypted_fields::model::ColumnDescription]| {
        columns.iter().map(|column| column.column).collect::<Vec<_>>()
    };
    assert_eq!(columns(&Annotation::model().columns), ["label", "x", "y", "width", "height"]);
    assert_eq!(columns(&Event::model().columns), ["kind", "confidence", "detected_at", "details"]);
}
