//! What is stored of a camera's pictures: nothing that says what was seen, or who looked, is readable in the database.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use encrypted_fields::EncryptedModel;
use encrypted_fields::codec::Json;
use serde::{Deserialize, Serialize};

use crate::schema::{activity_logs, annotations, events, frames};

/// One picture. Which camera took it and when stays readable, to select by; the picture and what is known of it does not.
#[derive(Debug, Clone, PartialEq, Identifiable, EncryptedModel)]
#[encrypted(bind(id, camera_id))]
pub(crate) struct Frame {
    pub(crate) id: i64,
    pub(crate) camera_id: i64,
    pub(crate) taken_at: NaiveDateTime,
    #[encrypted]
    pub(crate) image: Vec<u8>,
    #[encrypted]
    pub(crate) metadata: Json<Metadata>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) place: String,
    pub(crate) exposure_ms: f64,
}

/// What somebody, or a detector, saw in a frame.
#[derive(Debug, Clone, PartialEq, Identifiable, Associations, EncryptedModel)]
#[diesel(belongs_to(Frame))]
#[encrypted(bind(id, frame_id))]
pub(crate) struct Annotation {
    pub(crate) id: i64,
    pub(crate) frame_id: i64,
    /// Found by its blind index, whatever the case.
    #[encrypted(index(label_bidx, normalize = lower))]
    pub(crate) label: String,
    #[encrypted(part)]
    pub(crate) bounds: BoundingBox,
}

/// Where in the picture, in parts of its width and height: 0 is left and top, 1 is right and bottom.
#[derive(Debug, Clone, Copy, PartialEq, EncryptedModel)]
#[diesel(table_name = annotations)]
#[encrypted(part)]
pub(crate) struct BoundingBox {
    #[encrypted]
    pub(crate) x: f32,
    #[encrypted]
    pub(crate) y: f32,
    #[encrypted]
    pub(crate) width: f32,
    #[encrypted]
    pub(crate) height: f32,
}

/// A detection. Bound to its camera: an alarm of one cannot be made an alarm of another.
#[derive(Debug, Clone, PartialEq, Identifiable, EncryptedModel)]
#[encrypted(bind(id, camera_id, frame_id))]
pub(crate) struct Event {
    pub(crate) id: i64,
    pub(crate) camera_id: i64,
    pub(crate) frame_id: i64,
    /// Padded, so that the length does not tell `person` from `unattended luggage`.
    #[encrypted(pad = 32)]
    pub(crate) kind: String,
    #[encrypted]
    pub(crate) confidence: f64,
    #[encrypted]
    pub(crate) detected_at: NaiveDateTime,
    #[encrypted]
    pub(crate) details: Option<serde_json::Value>,
}

/// Who did what. An operator is found by the name; what was done is padded.
#[derive(Debug, Clone, PartialEq, Identifiable, EncryptedModel)]
pub(crate) struct ActivityLog {
    pub(crate) id: i64,
    pub(crate) written_at: NaiveDateTime,
    #[encrypted(index = operator_bidx)]
    pub(crate) operator: String,
    #[encrypted(pad = padme)]
    pub(crate) action: String,
    #[encrypted]
    pub(crate) details: Option<Json<Looked>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Looked {
    pub(crate) camera_id: i64,
    pub(crate) seconds: u32,
}
