// @generated automatically by Diesel CLI.

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::domains::*;

    activity_logs (id) {
        id -> Int8,
        written_at -> Timestamp,
        operator -> EncText,
        operator_bidx -> Bytea,
        action -> EncText,
        details -> Nullable<EncJsonText>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::domains::*;

    annotations (id) {
        id -> Int8,
        frame_id -> Int8,
        label -> EncText,
        label_bidx -> Bytea,
        x -> EncFloat,
        y -> EncFloat,
        width -> EncFloat,
        height -> EncFloat,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::domains::*;

    events (id) {
        id -> Int8,
        camera_id -> Int8,
        frame_id -> Int8,
        kind -> EncText,
        confidence -> EncDouble,
        detected_at -> EncTimestamp,
        details -> Nullable<EncJson>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::domains::*;

    frames (id) {
        id -> Int8,
        camera_id -> Int8,
        taken_at -> Timestamp,
        image -> EncBinary,
        metadata -> EncJson,
    }
}

diesel::joinable!(annotations -> frames (frame_id));
diesel::joinable!(events -> frames (frame_id));

diesel::allow_tables_to_appear_in_same_query!(activity_logs, annotations, events, frames,);
