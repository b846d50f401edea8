//! What the program asks of its database: Diesel's ordinary calls.

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use example_support::Error;

use crate::models::{ActivityLog, Annotation, BoundingBox, Event, Frame};
use crate::scene::Contents;
use crate::schema::{activity_logs, annotations, events, frames};

/// The tables in one database or another.
pub(crate) trait Watch {
    /// Inserts everything, in batches, in one transaction.
    fn fill(&mut self, contents: &Contents) -> QueryResult<()>;

    /// Loads and decrypts everything.
    fn contents(&mut self) -> QueryResult<Contents>;

    /// The frames of one camera in which something is labelled so, by the blind index of the label.
    fn seen(&mut self, camera: i64, label: &str) -> QueryResult<Vec<(Frame, Annotation)>>;

    /// What an operator did, by the blind index of the name.
    fn done_by(&mut self, operator: &str) -> QueryResult<Vec<ActivityLog>>;

    /// Sets one bounding box by the handle of its row, and gives the row back.
    fn correct(&mut self, annotation: i64, bounds: BoundingBox) -> Result<Annotation, Error>;

    /// Bytes that a column takes, over all of its rows.
    fn stored_bytes(&mut self, table: &str, column: &str) -> QueryResult<i64>;

    /// Runs an attack in SQL, and gives what the model says to the events afterwards; all of it is rolled back.
    fn attacked(&mut self, sql: &str) -> Result<String, Error>;
}

/// Postgres takes 65,535 parameters in a statement.
const BATCH: usize = 500;

#[derive(QueryableByName)]
struct Bytes {
    #[diesel(sql_type = BigInt)]
    bytes: i64,
}

/// Once for each connection, because Diesel's queries have the type of theirs.
macro_rules! watch_on {
    ($connection:ty) => {
        impl Watch for $connection {
            fn fill(&mut self, contents: &Contents) -> QueryResult<()> {
                self.transaction(|conn| {
                    for batch in contents.frames.chunks(BATCH) {
                        diesel::insert_into(frames::table).values(batch).execute(conn)?;
                    }
                    for batch in contents.annotations.chunks(BATCH) {
                        diesel::insert_into(annotations::table).values(batch).execute(conn)?;
                    }
                    diesel::insert_into(events::table).values(&contents.events).execute(conn)?;
                    diesel::insert_into(activity_logs::table).values(&contents.logs).execute(conn)?;
                    Ok(())
                })
            }

            fn contents(&mut self) -> QueryResult<Contents> {
                Ok(Contents {
                    frames: Frame::query().order((frames::taken_at, frames::id)).load(self)?,
                    annotations: annotations::table
                        .inner_join(frames::table)
                        .order((frames::taken_at, annotations::id))
                        .select(Annotation::as_select())
                        .load(self)?,
                    events: Event::query().order(events::id).load(self)?,
                    logs: ActivityLog::query().order(activity_logs::id).load(self)?,
                })
            }

            fn seen(&mut self, camera: i64, label: &str) -> QueryResult<Vec<(Frame, Annotation)>> {
                frames::table
                    .inner_join(annotations::table)
                    .filter(frames::camera_id.eq(camera).and(Annotation::label_eq(label).assume_not_null()))
                    .order(frames::taken_at)
                    .select((Frame::as_select(), Annotation::as_select()))
                    .load(self)
            }

            fn done_by(&mut self, operator: &str) -> QueryResult<Vec<ActivityLog>> {
                ActivityLog::query().filter(ActivityLog::operator_eq(operator)).order(activity_logs::id).load(self)
            }

            fn correct(&mut self, annotation: i64, bounds: BoundingBox) -> Result<Annotation, Error> {
                let found: Annotation = Annotation::query().filter(annotations::id.eq(annotation)).first(self)?;
                diesel::update(&found).set(found.row().set_bounds(&bounds)).execute(self)?;
                Ok(Annotation::query().filter(annotations::id.eq(annotation)).first(self)?)
            }

            fn stored_bytes(&mut self, table: &str, column: &str) -> QueryResult<i64> {
                let sql = format!("SELECT CAST(SUM(LENGTH({column})) AS BIGINT) AS bytes FROM {table}");
                diesel::sql_query(sql).get_result::<Bytes>(self).map(|row| row.bytes)
            }

            fn attacked(&mut self, sql: &str) -> Result<String, Error> {
                let mut answer = String::new();
                let end = self.transaction::<(), diesel::result::Error, _>(|conn| {
                    diesel::sql_query(sql).execute(conn)?;
                    let read = Event::query().load::<Event>(conn).map(|events| format!("{} events", events.len()));
                    answer = read.unwrap_or_else(|error| error.to_string());
                    Err(diesel::result::Error::RollbackTransaction)
                });
                match end {
                    Err(diesel::result::Error::RollbackTransaction) | Ok(()) => Ok(answer),
                    Err(error) => Err(error.into()),
                }
            }
        }
    };
}
watch_on!(SqliteConnection);
watch_on!(PgConnection);
