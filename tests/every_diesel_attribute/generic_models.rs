//! Models with type and constant parameters in their encrypted fields.

use super::*;
use encrypted_fields::codec::{DecodePlain, EncodePlain, Json};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    events (id) {
        id -> BigInt,
        kind -> Text,
        payload -> Encrypted<Jsonb>,
        hash -> Nullable<Encrypted<Binary>>,
        hash_bidx -> Nullable<Binary>,
        note -> Nullable<EncryptedText<Text>>,
    }
}

const SQL: &str = "CREATE TABLE events (
    id BIGINT PRIMARY KEY, kind TEXT NOT NULL, payload BLOB NOT NULL, hash BLOB, hash_bidx BLOB, note TEXT)";

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Motion {
    camera: u32,
    area: [u16; 4],
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Plate(String);

#[derive(Debug, Clone, PartialEq, Identifiable, EncryptedModel)]
#[encrypted(sealed(derive(Debug)))]
struct Event<T, const N: usize = 4> {
    id: i64,
    kind: String,
    #[encrypted]
    payload: Json<T>,
    #[encrypted(index = hash_bidx)]
    hash: Option<[u8; N]>,
    #[encrypted]
    note: Option<String>,
}

/// The field itself is the parameter, and the struct has bounds of its own.
#[derive(Debug, Clone, PartialEq, EncryptedModel)]
#[diesel(table_name = events)]
#[encrypted(only(HasQuery, AsChangeset))]
struct Note<T: Clone>
where
    T: AsRef<str>,
{
    id: i64,
    #[encrypted]
    note: Option<T>,
}

/// A patch over borrowed values, like a model that is generic.
#[derive(EncryptedModel)]
#[diesel(table_name = events)]
#[encrypted(like = Event, only(AsChangeset))]
struct Patch<'a, T> {
    id: i64,
    kind: Option<&'a str>,
    #[encrypted]
    payload: Option<&'a Json<T>>,
    #[encrypted]
    note: Option<&'a str>,
}

fn motion(id: i64) -> Event<Motion> {
    let payload = Json(Motion { camera: 3, area: [1, 2, 3, 4] });
    Event { id, kind: "motion".into(), payload, hash: Some([id as u8; 4]), note: Some("n".into()) }
}

fn plate(id: i64) -> Event<Plate, 2> {
    Event { id, kind: "plate".into(), payload: Json(Plate("AB123".into())), hash: Some([9; 2]), note: None }
}

#[test]
fn each_parameter_is_a_model() {
    on_both!(SQL, |conn| {
        insert_into(events::table).values(&vec![motion(1), motion(2)]).execute(conn).unwrap();
        insert_into(events::table).values(plate(3)).execute(conn).unwrap();
        let motions = Event::<Motion>::query().filter(events::kind.eq("motion")).order(events::id);
        assert_eq!(motions.load(conn).unwrap(), [motion(1), motion(2)]);
        let plates: Vec<Event<Plate, 2>> = events::table.filter(events::id.eq(3)).load(conn).unwrap();
        assert_eq!(plates, [plate(3)]);
        let found = Event::<Motion>::query().filter(Event::<Motion>::hash_eq(&[2; 4]));
        assert_eq!(found.load(conn).unwrap(), [motion(2)]);
        let by_name = diesel::sql_query("SELECT * FROM events WHERE id = 1").get_result::<Event<Motion>>(conn);
        assert_eq!(by_name.unwrap(), motion(1));
        let error = Event::<Plate>::query().filter(events::id.eq(1)).first(conn).unwrap_err().to_string();
        assert!(error.starts_with("cannot open events.payload [id=1]: the sealed value does not fit"), "{error}");
    });
}

#[test]
fn a_row_sets_and_opens_each_type() {
    on_both!(SQL, |conn| {
        insert_into(events::table).values(&motion(1)).execute(conn).unwrap();
        insert_into(events::table).values(&motion(2)).execute(conn).unwrap();
        let row = motion(1).row();
        let set = (row.set_payload(&Json(Plate("X".into()))), row.set_hash(Some(&[7; 2])), row.set_note(None));
        update(events::table.find(1)).set(set).execute(conn).unwrap();
        let sealed: SealedEvent = SealedEvent::query().filter(events::id.eq(1)).first(conn).unwrap();
        assert_eq!(row.open_payload::<Plate>(&sealed.payload).unwrap(), Json(Plate("X".into())));
        let keyring = encrypted_fields::current_keyring().unwrap();
        let opened = sealed.open::<Plate, 2>(&keyring).unwrap();
        assert_eq!((opened.payload, opened.hash), (Json(Plate("X".into())), Some([7; 2])));
        let error = update(events::table.find(2)).set(row.set_payload(&Json(1))).execute(conn).unwrap_err();
        assert!(encrypted_fields::write_conflict(&error), "{error}");
    });
}

#[test]
fn saved_sealed_and_patched() {
    on_both!(SQL, |conn| {
        let keyring = encrypted_fields::current_keyring().unwrap();
        insert_into(events::table).values(motion(1).seal(&keyring).unwrap()).execute(conn).unwrap();
        let changed = Event { note: Some("saved".into()), ..motion(1) };
        let saved: Event<Motion> = changed.save_changes(conn).unwrap();
        assert_eq!(saved, changed);

        let payload = Json(Plate("Y".into()));
        let patch = Patch { id: 1, kind: Some("plate"), payload: Some(&payload), note: None };
        update(events::table.find(1)).set(&patch).execute(conn).unwrap();
        let back = events::table.find(1).select(Event::<Plate>::as_select()).first(conn).unwrap();
        assert_eq!((back.kind.as_str(), back.payload, back.note.as_deref()), ("plate", payload, Some("saved")));

        let note: Note<String> = Note::query().first(conn).unwrap();
        assert_eq!(note, Note { id: 1, note: Some("saved".to_owned()) });
        update(events::table.find(1)).set(&Note { id: 1, note: Some("cow".to_owned()) }).execute(conn).unwrap();
        let row = NoteRow { id: 1 };
        update(events::table.find(1)).set(row.set_note(Some(&"set".to_owned()))).execute(conn).unwrap();
        assert_eq!(Note::<String>::query().first(conn).unwrap().note.as_deref(), Some("set"));
    });
}

/// Code that is generic itself names what a field needs.
fn load_as<T: DeserializeOwned + Serialize + 'static>(conn: &mut PgConnection) -> QueryResult<Vec<Json<T>>>
where
    Json<T>: EncodePlain<diesel::sql_types::Jsonb> + DecodePlain<diesel::sql_types::Jsonb>,
{
    let rows: Vec<Event<T>> = events::table.load(conn)?;
    Ok(rows.into_iter().map(|event| event.payload).collect())
}

#[test]
fn in_code_that_is_generic() {
    let database = harness::pg();
    let conn = &mut database.connect();
    conn.batch_execute(&SQL.replace("BLOB", "BYTEA")).unwrap();
    scope::with(&testing::keyring(), || {
        insert_into(events::table).values(&motion(1)).execute(conn).unwrap();
        assert_eq!(load_as::<Motion>(conn).unwrap(), [motion(1).payload]);
    });
    assert_eq!(Event::<Motion>::model().columns.len(), Event::<Plate, 9>::model().columns.len());
}
