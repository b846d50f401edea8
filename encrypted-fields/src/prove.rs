//! The start-up proof: opens one stored value a column, so that a wrong key stops a program before its first write.

use std::borrow::Cow;

use base64ct::{Base64UrlUnpadded, Encoding};
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, QueryableByName};
use diesel::row::NamedRow;
use diesel::sql_types::{Binary, Nullable, Text};

use crate::bound::{Bound, BoundClass};
use crate::context::{BoundColumn, pad, write_bound_as, write_scope};
use crate::diesel_internal::DieselReserveSpecialization;
use crate::error::{OpenError, OpenReason};
use crate::keyring::Keyring;
use crate::model::{BoundDescription, ColumnDescription, Model};

/// What the proof found for a column.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Proof {
    /// One stored value was opened.
    Opened,
    /// The column holds no value yet, so nothing was proven.
    Empty,
}

/// Why a keyring was not proven.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProveError {
    /// A stored value does not open.
    #[error("the keyring does not open what the database holds: {0}")]
    Open(#[from] OpenError),
    /// The database could not be asked.
    #[error("the database could not be asked for a sealed value")]
    Database(#[from] diesel::result::Error),
}

impl Keyring {
    /// Opens one stored value of each encrypted column, in no particular row.
    ///
    /// Call it at start-up with every model of the program: a wrong key, a wrong application name or a keyring without the
    /// old keys is found before anything is written under it. Returns `table.column` with what was found.
    ///
    /// ```no_run
    /// # #[cfg(feature = "postgres")] mod example {
    /// # use encrypted_fields::{Keyring, model::Model};
    /// # type Fallible = Result<(), Box<dyn std::error::Error>>;
    /// # fn f(conn: &mut impl diesel::connection::LoadConnection<Backend = diesel::pg::Pg>, users: &Model) -> Fallible {
    /// let keyring = Keyring::from_env("ENCRYPTION_KEY").application("shop")?;
    /// keyring.prove(conn, &[users])?;          // &[User::model(), Wallet::model()]
    /// # Ok(()) }
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ProveError::Open`] names the column and row whose value does not open.
    pub fn prove<Conn>(&self, conn: &mut Conn, models: &[&Model]) -> Result<Vec<(String, Proof)>, ProveError>
    where
        Conn: diesel::connection::LoadConnection<Backend: ProbeDialect>,
        ProbeRow: QueryableByName<Conn::Backend>,
    {
        use diesel::RunQueryDsl;
        let mut proofs = Vec::new();
        for (model, column) in columns(models) {
            let rows: Vec<ProbeRow> = diesel::sql_query(probe::<Conn::Backend>(model, column)).load(conn)?;
            proofs.push((place(column), self.check(model, column, rows.into_iter().next())?));
        }
        Ok(proofs)
    }

    /// [`prove`](Self::prove) over a diesel-async connection.
    ///
    /// # Errors
    /// As there.
    #[cfg(feature = "async")]
    pub async fn prove_async<Conn>(
        &self,
        conn: &mut Conn,
        models: &[&Model],
    ) -> Result<Vec<(String, Proof)>, ProveError>
    where
        Conn: diesel_async::AsyncConnection<Backend: ProbeDialect>,
        ProbeRow: QueryableByName<Conn::Backend>,
    {
        use diesel_async::RunQueryDsl;
        let mut proofs = Vec::new();
        for (model, column) in columns(models) {
            let rows: Vec<ProbeRow> = diesel::sql_query(probe::<Conn::Backend>(model, column)).load(conn).await?;
            proofs.push((place(column), self.check(model, column, rows.into_iter().next())?));
        }
        Ok(proofs)
    }

    fn check(&self, model: &Model, column: &ColumnDescription, row: Option<ProbeRow>) -> Result<Proof, OpenError> {
        let Some(row) = row else { return Ok(Proof::Empty) };
        let bound_to = column.bound_to(model);
        let bound: Vec<BoundColumn<'_>> = bound_to
            .iter()
            .zip(&row.bound)
            .map(|(description, text)| {
                let value = parse(description.class, text.as_deref());
                (description.column, value.ok_or(unreadable_bound()))
            })
            .collect();
        let mut canonical = Vec::new();
        let written = write_bound_as(&bound, bound_to.iter().map(BoundDescription::name), &mut canonical);
        self.check_value(model, column, &row, written.map(|()| canonical))
            .map_err(|reason| OpenError::new(reason).at(|| column.context.place(&bound)))
    }

    fn check_value(
        &self,
        model: &Model,
        column: &ColumnDescription,
        row: &ProbeRow,
        bound: Result<Vec<u8>, crate::error::SealReason>,
    ) -> Result<Proof, OpenReason> {
        let mut context = self.context_prefix().to_vec();
        context.extend_from_slice(column.context.bytes());
        let mut scope = None;
        if let Some(key) = &model.key {
            let value = parse(key.class, row.key.as_deref())
                .ok_or(OpenReason::Bound { column: key.column, reason: Cow::Borrowed(UNREADABLE) })?;
            write_scope(Some(&value), &mut context);
            let mut id = Vec::new();
            value.write(&mut id);
            scope = Some(id);
        } else {
            write_scope(None, &mut context);
        }
        let bound =
            bound.map_err(|_| OpenReason::Bound { column: column.column, reason: Cow::Borrowed(UNREADABLE) })?;
        context.extend_from_slice(&bound);
        pad(&mut context);
        let wire = if column.text {
            let text = std::str::from_utf8(&row.sealed).map_err(|_| OpenReason::Malformed("the text is not UTF-8"))?;
            &Base64UrlUnpadded::decode_vec(text)
                .map_err(|_| OpenReason::Malformed("the text is not unpadded base64url"))?
        } else {
            &row.sealed
        };
        self.open(scope.as_deref(), &context, wire, &mut Vec::new())?;
        Ok(Proof::Opened)
    }
}

const UNREADABLE: &str = "the database's text of the value could not be read back";

fn unreadable_bound() -> crate::error::SealReason {
    crate::error::SealReason::Value(Cow::Borrowed(UNREADABLE))
}

fn columns<'m>(models: &'m [&'m Model]) -> impl Iterator<Item = (&'m Model, &'m ColumnDescription)> {
    models.iter().flat_map(|model| model.columns.iter().map(move |column| (*model, column)))
}

fn place(column: &ColumnDescription) -> String {
    column.context.place(&[]).to_string()
}

/// `SELECT <bound columns as text>, <sealed> FROM table WHERE sealed IS NOT NULL LIMIT 1`.
fn probe<DB: ProbeDialect>(model: &Model, column: &ColumnDescription) -> String {
    let quoted = DB::quoted;
    let text = |description: &BoundDescription| DB::as_text(description.class, &quoted(description.column));
    let bound = column.bound_to(model);
    let mut selected: Vec<String> =
        bound.iter().enumerate().map(|(i, bound)| format!("{} AS ef_bound_{i}", text(bound))).collect();
    if let Some(key) = &model.key {
        selected.push(format!("{} AS ef_key", text(key)));
    }
    let sealed = quoted(column.column);
    let bytes = if column.text { DB::text_as_bytes(&sealed) } else { sealed.clone() };
    selected.push(format!("{bytes} AS ef_sealed"));
    let schema = model.schema.map(|schema| format!("{}.", quoted(schema))).unwrap_or_default();
    let table = quoted(model.table);
    format!("SELECT {} FROM {schema}{table} WHERE {sealed} IS NOT NULL LIMIT 1", selected.join(", "))
}

/// A row of the probe's query.
#[derive(Debug)]
#[doc(hidden)]
pub struct ProbeRow {
    bound: Vec<Option<String>>,
    key: Option<String>,
    sealed: Vec<u8>,
}

impl<DB> QueryableByName<DB> for ProbeRow
where
    DB: Backend,
    Option<String>: FromSql<Nullable<Text>, DB>,
    Vec<u8>: FromSql<Binary, DB>,
{
    fn build<'a>(row: &impl NamedRow<'a, DB>) -> deserialize::Result<Self> {
        let mut bound = Vec::new();
        while let Ok(text) = NamedRow::get::<Nullable<Text>, Option<String>>(row, &format!("ef_bound_{}", bound.len()))
        {
            bound.push(text);
        }
        let key = NamedRow::get::<Nullable<Text>, Option<String>>(row, "ef_key").unwrap_or(None);
        Ok(Self { bound, key, sealed: NamedRow::get::<Binary, Vec<u8>>(row, "ef_sealed")? })
    }
}

/// How a backend shows a bound value as text.
#[doc(hidden)]
pub trait ProbeDialect: Backend + DieselReserveSpecialization + 'static {
    /// An expression of type text that [`parse`] reads.
    fn as_text(class: BoundClass, column: &str) -> String;

    /// The bytes of a text.
    fn text_as_bytes(column: &str) -> String;

    /// A name as an identifier.
    fn quoted(identifier: &str) -> String {
        format!("\"{}\"", identifier.replace('"', "\"\""))
    }
}

#[cfg(feature = "postgres")]
impl ProbeDialect for diesel::pg::Pg {
    fn as_text(class: BoundClass, column: &str) -> String {
        match class {
            BoundClass::Bytes => format!("encode({column}, 'hex')"),
            BoundClass::Date => format!("CAST({column} - DATE '1970-01-01' AS text)"),
            BoundClass::Timestamp => format!("CAST(CAST(EXTRACT(EPOCH FROM {column}) * 1000000 AS bigint) AS text)"),
            _ => format!("CAST({column} AS text)"),
        }
    }

    fn text_as_bytes(column: &str) -> String {
        format!("convert_to({column}, 'UTF8')")
    }
}

/// SQLite has no dates of its own: Diesel stores them as text, which is read as such.
#[cfg(feature = "sqlite")]
impl ProbeDialect for diesel::sqlite::Sqlite {
    fn as_text(class: BoundClass, column: &str) -> String {
        match class {
            BoundClass::Bytes => format!("lower(hex({column}))"),
            BoundClass::Uuid => {
                format!("CASE typeof({column}) WHEN 'blob' THEN lower(hex({column})) ELSE {column} END")
            }
            BoundClass::Date => format!("CAST(CAST(julianday({column}) - 2440587.5 AS INTEGER) AS TEXT)"),
            BoundClass::Timestamp => format!(
                "CAST(CAST(strftime('%s', {column}) AS INTEGER) * 1000000 + \
                 CAST(substr(substr({column}, instr({column} || '.', '.') + 1) || '000000', 1, 6) AS INTEGER) AS TEXT)"
            ),
            _ => format!("CAST({column} AS TEXT)"),
        }
    }

    fn text_as_bytes(column: &str) -> String {
        format!("CAST({column} AS BLOB)")
    }
}

/// MySQL has no UUIDs, MariaDB has: BINARY(16), or text.
#[cfg(feature = "mysql")]
impl ProbeDialect for diesel::mysql::Mysql {
    fn as_text(class: BoundClass, column: &str) -> String {
        match class {
            BoundClass::Bytes => format!("LOWER(HEX({column}))"),
            BoundClass::Uuid => format!("IF(LENGTH({column}) = 16, LOWER(HEX({column})), CAST({column} AS CHAR))"),
            BoundClass::Date => format!("CAST(TO_DAYS({column}) - TO_DAYS('1970-01-01') AS CHAR)"),
            BoundClass::Timestamp => format!("CAST(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', {column}) AS CHAR)"),
            _ => format!("CAST({column} AS CHAR)"),
        }
    }

    fn text_as_bytes(column: &str) -> String {
        format!("CAST({column} AS BINARY)")
    }

    fn quoted(identifier: &str) -> String {
        format!("`{}`", identifier.replace('`', "``"))
    }
}

/// A bound value from its text.
fn parse(class: BoundClass, text: Option<&str>) -> Option<Bound<'static>> {
    let Some(text) = text else { return Some(Bound::Null) };
    Some(match class {
        BoundClass::Bool => Bound::Bool(match text {
            "t" | "true" | "1" => true,
            "f" | "false" | "0" => false,
            _ => return None,
        }),
        BoundClass::Integer => Bound::Integer(text.parse().ok()?),
        BoundClass::Text => Bound::Text(Cow::Owned(text.to_owned())),
        BoundClass::Bytes => Bound::Bytes(Cow::Owned(from_hex(text)?)),
        BoundClass::Uuid => Bound::Uuid(from_hex(&text.replace('-', ""))?.try_into().ok()?),
        BoundClass::Date => Bound::Date(text.parse().ok()?),
        BoundClass::Timestamp => Bound::Timestamp(text.parse().ok()?),
    })
}

fn from_hex(hex: &str) -> Option<Vec<u8>> {
    let nibbles: Option<Vec<u8>> =
        hex.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let nibbles = nibbles?;
    (nibbles.len() % 2 == 0).then(|| nibbles.as_chunks::<2>().0.iter().map(|[high, low]| high << 4 | low).collect())
}
