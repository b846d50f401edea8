//! Ids before the insert: a sealed value is bound to its row, so the row must have its name first.

use diesel::QueryResult;
use diesel::sql_types::{BigInt, Text};

macro_rules! next_ids_query {
    ($table:expr, $column:expr, $n:expr) => {
        diesel::sql_query("SELECT nextval(pg_get_serial_sequence($1, $2)) AS id FROM generate_series(1, $3)")
            .bind::<Text, _>($table)
            .bind::<Text, _>($column)
            .bind::<BigInt, _>(i64::from($n))
    };
}

/// Draws `n` ids from the sequence behind a `serial` or identity column, in order.
///
/// They are for tables that keep their sequence; a new table is better served by `Uuid::now_v7()` made in the client. Ids
/// that are not used leave gaps, as rolled-back inserts do.
///
/// ```no_run
/// # fn f(conn: &mut impl diesel::connection::LoadConnection<Backend = diesel::pg::Pg>) -> diesel::QueryResult<()> {
/// let ids = encrypted_fields::next_ids(conn, "wallets", "id", 3)?;
/// assert_eq!(ids.len(), 3);
/// # Ok(()) }
/// ```
///
/// # Errors
/// Those of the database, e.g. that the column has no sequence.
pub fn next_ids<Conn>(conn: &mut Conn, table: &str, column: &str, n: u32) -> QueryResult<Vec<i64>>
where
    Conn: diesel::connection::LoadConnection<Backend = diesel::pg::Pg>,
{
    use diesel::RunQueryDsl;
    let rows: Vec<NextId> = next_ids_query!(table, column, n).load(conn)?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// [`next_ids`] over a diesel-async connection.
///
/// # Errors
/// Those of the database.
#[cfg(feature = "async")]
pub async fn next_ids_async<Conn>(conn: &mut Conn, table: &str, column: &str, n: u32) -> QueryResult<Vec<i64>>
where
    Conn: diesel_async::AsyncConnection<Backend = diesel::pg::Pg>,
{
    use diesel_async::RunQueryDsl;
    let rows: Vec<NextId> = next_ids_query!(table, column, n).load(conn).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

#[derive(diesel::QueryableByName)]
struct NextId {
    #[diesel(sql_type = BigInt)]
    id: i64,
}
