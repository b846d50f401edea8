-- What cameras have seen. A sealed value is bound to its row by the primary key and by the camera or frame that it belongs
-- to, so a detection cannot be moved to another camera.

CREATE TABLE frames (
    id              BIGINT PRIMARY KEY,
    camera_id       BIGINT NOT NULL,
    taken_at        TIMESTAMP NOT NULL,
    image           enc_binary NOT NULL,
    metadata        enc_json NOT NULL
);
CREATE INDEX frames_camera_id ON frames (camera_id, taken_at);

CREATE TABLE annotations (
    id              BIGINT PRIMARY KEY,
    frame_id        BIGINT NOT NULL REFERENCES frames (id),
    label           enc_text NOT NULL,
    label_bidx      BYTEA NOT NULL,         -- finds the annotations of a label
    x               enc_float NOT NULL,     -- the bounding box, in parts of the image
    y               enc_float NOT NULL,
    width           enc_float NOT NULL,
    height          enc_float NOT NULL
);
CREATE INDEX annotations_frame_id ON annotations (frame_id);
CREATE INDEX annotations_label_bidx ON annotations (label_bidx);

CREATE TABLE events (
    id              BIGINT PRIMARY KEY,
    camera_id       BIGINT NOT NULL,
    frame_id        BIGINT NOT NULL REFERENCES frames (id),
    kind            enc_text NOT NULL,
    confidence      enc_double NOT NULL,
    detected_at     enc_timestamp NOT NULL,
    details         enc_json
);
CREATE INDEX events_camera_id ON events (camera_id);

CREATE TABLE activity_logs (
    id              BIGINT PRIMARY KEY,
    written_at      TIMESTAMP NOT NULL,
    operator        enc_text NOT NULL,
    operator_bidx   BYTEA NOT NULL,         -- finds what an operator did
    action          enc_text NOT NULL,
    details         enc_json_text           -- TEXT, for a tool that spoils BYTEA
);
CREATE INDEX activity_logs_operator_bidx ON activity_logs (operator_bidx);
