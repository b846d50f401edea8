-- The tables of annotations_postgres where there are no domains: a sealed value is a BLOB, and nothing here stops a
-- plaintext but the types of the program.

CREATE TABLE frames (
    id              BIGINT NOT NULL PRIMARY KEY,
    camera_id       BIGINT NOT NULL,
    taken_at        TIMESTAMP NOT NULL,
    image           BLOB NOT NULL,
    metadata        BLOB NOT NULL
);
CREATE INDEX frames_camera_id ON frames (camera_id, taken_at);

CREATE TABLE annotations (
    id              BIGINT NOT NULL PRIMARY KEY,
    frame_id        BIGINT NOT NULL REFERENCES frames (id),
    label           BLOB NOT NULL,
    label_bidx      BLOB NOT NULL,         -- finds the annotations of a label
    x               BLOB NOT NULL,     -- the bounding box, in parts of the image
    y               BLOB NOT NULL,
    width           BLOB NOT NULL,
    height          BLOB NOT NULL
);
CREATE INDEX annotations_frame_id ON annotations (frame_id);
CREATE INDEX annotations_label_bidx ON annotations (label_bidx);

CREATE TABLE events (
    id              BIGINT NOT NULL PRIMARY KEY,
    camera_id       BIGINT NOT NULL,
    frame_id        BIGINT NOT NULL REFERENCES frames (id),
    kind            BLOB NOT NULL,
    confidence      BLOB NOT NULL,
    detected_at     BLOB NOT NULL,
    details         BLOB
);
CREATE INDEX events_camera_id ON events (camera_id);

CREATE TABLE activity_logs (
    id              BIGINT NOT NULL PRIMARY KEY,
    written_at      TIMESTAMP NOT NULL,
    operator        BLOB NOT NULL,
    operator_bidx   BLOB NOT NULL,         -- finds what an operator did
    action          BLOB NOT NULL,
    details         TEXT                    -- TEXT, for a tool that spoils BLOB
);
CREATE INDEX activity_logs_operator_bidx ON activity_logs (operator_bidx);
