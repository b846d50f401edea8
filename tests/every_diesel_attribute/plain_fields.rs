//! Plain fields keep Diesel's attributes: `embed`, `serialize_as`, `deserialize_as`, `select_expression`,
//! `skip_insertion`, `skip_update`; and the struct its `base_query`.

use super::*;
use diesel::dsl;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    docs (id) {
        id -> BigInt,
        title -> Text,
        pages -> Integer,
        body -> Encrypted<Text>,
        state -> Text,
        made -> Text,
    }
}

const SQL: &str = "CREATE TABLE docs (
    id BIGINT PRIMARY KEY, title TEXT NOT NULL, pages INTEGER NOT NULL, body BLOB NOT NULL,
    state TEXT NOT NULL DEFAULT 'draft', made TEXT NOT NULL DEFAULT 'today')";

/// Embedded, so that it needs the traits of the model and no `Clone`, `Debug` or `Default`.
#[derive(Queryable, QueryableByName, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = docs)]
struct Front {
    title: String,
    pages: i32,
}

#[derive(Identifiable, EncryptedModel)]
struct Doc {
    id: i64,
    #[diesel(embed)]
    front: Front,
    #[encrypted]
    body: String,
    #[diesel(skip_insertion)]
    state: String,
    #[diesel(skip_insertion, skip_update)]
    made: String,
}

fn doc(id: i64) -> Doc {
    let front = Front { title: format!("title {id}"), pages: 3 };
    Doc { id, front, body: format!("body {id}"), state: "given".to_owned(), made: "given".to_owned() }
}

#[test]
fn an_embedded_struct_is_inserted_loaded_and_updated() {
    on_both!(SQL, |conn| {
        insert_into(docs::table).values(&doc(1)).execute(conn).unwrap();
        insert_into(docs::table).values(doc(2)).execute(conn).unwrap();
        insert_into(docs::table).values(&vec![doc(3)]).execute(conn).unwrap();
        let mut back: Doc = Doc::query().order(docs::id).first(conn).unwrap();
        assert_eq!((back.front.title.as_str(), back.body.as_str()), ("title 1", "body 1"));
        back.front.pages = 4;
        back.body = "changed".to_owned();
        let set = update(&back).set(&back).returning(Doc::as_returning());
        let saved: Doc = set.get_result(conn).unwrap();
        assert_eq!((saved.front.pages, saved.body.as_str()), (4, "changed"));
        // By position Diesel wants an embedded struct's columns as a tuple of their own; `as_select` has that form.
        assert_eq!(docs::table.select(Doc::as_select()).load(conn).unwrap().len(), 3);
        assert_eq!(diesel::sql_query("SELECT * FROM docs").load::<Doc>(conn).unwrap().len(), 3);
        let error = update(docs::table.find(2)).set(&saved).execute(conn).unwrap_err();
        assert!(encrypted_fields::write_conflict(&error), "{error}");
    });
}

#[test]
fn what_is_skipped_is_not_written() {
    on_both!(SQL, |conn| {
        insert_into(docs::table).values(&doc(1)).execute(conn).unwrap();
        let back: Doc = Doc::query().first(conn).unwrap();
        assert_eq!((back.state.as_str(), back.made.as_str()), ("draft", "today"));
        update(&doc(1)).set(&doc(1)).execute(conn).unwrap();
        let back: Doc = Doc::query().first(conn).unwrap();
        assert_eq!((back.state.as_str(), back.made.as_str()), ("given", "today"));
    });
}

#[derive(Clone, PartialEq, Debug)]
enum State {
    Draft,
    Final,
}

impl From<State> for String {
    fn from(state: State) -> Self {
        if state == State::Draft { "draft" } else { "final" }.to_owned()
    }
}

impl From<String> for State {
    fn from(text: String) -> Self {
        if text == "draft" { Self::Draft } else { Self::Final }
    }
}

#[derive(Debug, PartialEq, Identifiable, EncryptedModel, Clone)]
#[diesel(table_name = docs)]
struct Converted {
    id: i64,
    title: String,
    pages: i32,
    #[encrypted]
    body: String,
    #[diesel(serialize_as = String, deserialize_as = String)]
    state: State,
}

#[test]
fn a_plain_field_is_converted() {
    on_both!(SQL, |conn| {
        let row = Converted { id: 1, title: "t".into(), pages: 1, body: "b".into(), state: State::Final };
        insert_into(docs::table).values(row.clone()).execute(conn).unwrap();
        assert_eq!(Converted::query().first(conn).unwrap(), row);
        let changed = Converted { state: State::Draft, body: "c".into(), ..row };
        update(docs::table.find(1)).set(changed.clone()).execute(conn).unwrap();
        assert_eq!(Converted::query().first(conn).unwrap(), changed);
        let sealed: SealedConverted = SealedConverted::query().first(conn).unwrap();
        update(docs::table.find(1)).set(sealed).execute(conn).unwrap();
        assert_eq!(Converted::query().first(conn).unwrap(), changed);
        let sealed: SealedConverted = SealedConverted::query().first(conn).unwrap();
        insert_into(docs::table).values(&doc(2)).execute(conn).unwrap();
        let error = update(docs::table.find(2)).set(sealed).execute(conn).unwrap_err();
        assert!(encrypted_fields::write_conflict(&error), "{error}");
    });
}

#[derive(Debug, PartialEq, EncryptedModel)]
#[diesel(table_name = docs)]
#[diesel(base_query = docs::table.filter(docs::state.eq("final")).order(docs::id.desc()))]
#[diesel(base_query_type = dsl::Order<dsl::Filter<docs::table, dsl::Eq<docs::state, &'static str>>, dsl::Desc<docs::id>>)]
#[encrypted(only(HasQuery))]
struct Finished {
    id: i64,
    #[encrypted]
    body: String,
    #[diesel(select_expression = docs::pages.gt(2), select_expression_type = dsl::Gt<docs::pages, i32>)]
    long: bool,
}

#[test]
fn base_query_and_select_expression() {
    on_both!(SQL, |conn| {
        insert_into(docs::table).values(&vec![doc(1), doc(2), doc(3)]).execute(conn).unwrap();
        update(docs::table.filter(docs::id.gt(1))).set(docs::state.eq("final")).execute(conn).unwrap();
        update(docs::table.find(2)).set(docs::pages.eq(1)).execute(conn).unwrap();
        let row = |id: i64, long| Finished { id, body: format!("body {id}"), long };
        assert_eq!(Finished::query().load(conn).unwrap(), [row(3, true), row(2, false)]);
        assert_eq!(Finished::query().filter(docs::pages.gt(2)).load(conn).unwrap(), [row(3, true)]);
        assert_eq!(SealedFinished::query().load(conn).unwrap().len(), 2);
    });
}
