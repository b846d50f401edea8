//! A small scene, the same in each run: two cameras, a person who walks through the picture of the first, and a suitcase
//! that stays in that of the second. The pictures are real ones, in the PGM format, which any viewer shows.

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use encrypted_fields::codec::Json;
use serde_json::json;

use crate::models::{ActivityLog, Annotation, BoundingBox, Event, Frame, Looked, Metadata};

const WIDTH: usize = 96;
const HEIGHT: usize = 54;
const FRAMES: i64 = 60;

/// What the tables hold: as made here on the way in, as decrypted on the way back.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Contents {
    pub(crate) frames: Vec<Frame>,
    pub(crate) annotations: Vec<Annotation>,
    pub(crate) events: Vec<Event>,
    pub(crate) logs: Vec<ActivityLog>,
}

pub(crate) fn contents() -> Contents {
    let mut contents = Contents::default();
    for number in 0..FRAMES {
        let walking = BoundingBox { x: number as f32 / FRAMES as f32 * 0.9, y: 0.3, width: 0.1, height: 0.6 };
        let standing = BoundingBox { x: 0.5, y: 0.7, width: 0.125, height: 0.25 };
        contents.see(number, 1, "platform", "Person", walking);
        contents.see(number, 2, "exit", "Suitcase", standing);
    }
    let (appears, alone) =
        (contents.event(1, 0, "person", 0.97), contents.event(2, FRAMES / 2, "unattended luggage", 0.81));
    contents.events = vec![
        Event { details: Some(json!({ "direction": "left to right", "speed": 0.9 })), ..appears },
        Event { details: None, ..alone },
    ];
    for (id, operator, action, looked) in [
        (1, "mara", "watched", Some(Looked { camera_id: 1, seconds: 60 })),
        (2, "jon", "watched", Some(Looked { camera_id: 2, seconds: 12 })),
        (3, "mara", "exported a frame for the police", None),
    ] {
        let details = looked.map(Json);
        let (operator, action) = (operator.to_owned(), action.to_owned());
        contents.logs.push(ActivityLog { id, written_at: at(FRAMES + id), operator, action, details });
    }
    contents
}

impl Contents {
    /// A frame of a camera, with one thing in it.
    fn see(&mut self, number: i64, camera_id: i64, place: &str, label: &str, bounds: BoundingBox) {
        let id = camera_id * 1000 + number;
        let metadata = Metadata { width: WIDTH, height: HEIGHT, place: place.to_owned(), exposure_ms: 16.7 };
        let image = picture(bounds);
        self.frames.push(Frame { id, camera_id, taken_at: at(number), image, metadata: Json(metadata) });
        self.annotations.push(Annotation { id, frame_id: id, label: label.to_owned(), bounds });
    }

    fn event(&self, camera_id: i64, number: i64, kind: &str, confidence: f64) -> Event {
        let frame_id = camera_id * 1000 + number;
        Event {
            id: camera_id,
            camera_id,
            frame_id,
            kind: kind.to_owned(),
            confidence,
            detected_at: at(number) + TimeDelta::milliseconds(40),
            details: None,
        }
    }
}

fn at(second: i64) -> NaiveDateTime {
    let midnight: NaiveDateTime = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap_or_default().into();
    midnight + TimeDelta::seconds(8 * 3600 + second)
}

/// A grey picture with a bright box: `P5 width height 255` and a byte a pixel.
fn picture(bounds: BoundingBox) -> Vec<u8> {
    let mut image = format!("P5 {WIDTH} {HEIGHT} 255\n").into_bytes();
    let inside = |at: usize, of: usize, from: f32, length: f32| {
        let at = at as f32 / of as f32;
        at >= from && at < from + length
    };
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            let bright = inside(x, WIDTH, bounds.x, bounds.width) && inside(y, HEIGHT, bounds.y, bounds.height);
            image.push(if bright { 230 } else { 60 + (y / 2) as u8 });
        }
    }
    image
}
