//! What the program asks of its database: Diesel's ordinary calls.

use diesel::prelude::*;
use encrypted_fields::kinds::{CardNumber, Email, Phone, TaxId};

use crate::models::{Address, Invoice, QueryLog, Subscription, User};
use crate::people::Contents;
use crate::schema::{invoices, query_logs, subscriptions, users};

/// The tables in one database or another.
pub(crate) trait Assistant {
    /// Inserts everything in one transaction.
    fn fill(&mut self, contents: &Contents) -> QueryResult<()>;

    /// Loads and decrypts everything.
    fn contents(&mut self) -> QueryResult<Contents>;

    /// Each look-up by the blind index of what is looked for, however it was written.
    fn by_email(&mut self, email: &Email) -> QueryResult<User>;
    fn by_phone(&mut self, phone: &Phone) -> QueryResult<Vec<User>>;
    fn by_tax_id(&mut self, tax_id: &TaxId) -> QueryResult<Option<User>>;
    fn paid_with(&mut self, card: &CardNumber) -> QueryResult<Vec<Subscription>>;

    /// What is stored of one person.
    fn of(&mut self, user: &User) -> QueryResult<(Vec<QueryLog>, Vec<Subscription>, Vec<Invoice>)>;

    /// A new address, by the handle of the user's row.
    fn move_to(&mut self, user: &User, address: &Address) -> QueryResult<User>;

    /// Saves a subscription as it was read.
    fn save(&mut self, subscription: &Subscription) -> QueryResult<Subscription>;

    /// Runs an attack in SQL, and says what the model says to the table afterwards; all of it is rolled back.
    fn attacked(&mut self, sql: &str) -> QueryResult<String>;
}

/// Once for each connection, because Diesel's queries have the type of theirs.
macro_rules! assistant_on {
    ($connection:ty) => {
        impl Assistant for $connection {
            fn fill(&mut self, contents: &Contents) -> QueryResult<()> {
                self.transaction(|conn| {
                    diesel::insert_into(users::table).values(&contents.users).execute(conn)?;
                    diesel::insert_into(query_logs::table).values(&contents.logs).execute(conn)?;
                    diesel::insert_into(subscriptions::table).values(&contents.subscriptions).execute(conn)?;
                    diesel::insert_into(invoices::table).values(&contents.invoices).execute(conn)?;
                    Ok(())
                })
            }

            fn contents(&mut self) -> QueryResult<Contents> {
                Ok(Contents {
                    users: User::query().order(users::id).load(self)?,
                    logs: QueryLog::query().order(query_logs::id).load(self)?,
                    subscriptions: Subscription::query().order(subscriptions::id).load(self)?,
                    invoices: Invoice::query().order(invoices::id).load(self)?,
                })
            }

            fn by_email(&mut self, email: &Email) -> QueryResult<User> {
                User::query().filter(User::email_eq(email)).first(self)
            }

            fn by_phone(&mut self, phone: &Phone) -> QueryResult<Vec<User>> {
                User::query().filter(User::phone_eq(phone)).load(self)
            }

            fn by_tax_id(&mut self, tax_id: &TaxId) -> QueryResult<Option<User>> {
                User::query().filter(User::tax_id_eq(tax_id)).first(self).optional()
            }

            fn paid_with(&mut self, card: &CardNumber) -> QueryResult<Vec<Subscription>> {
                Subscription::query().filter(Subscription::card_eq(card)).order(subscriptions::id).load(self)
            }

            fn of(&mut self, user: &User) -> QueryResult<(Vec<QueryLog>, Vec<Subscription>, Vec<Invoice>)> {
                Ok((
                    QueryLog::belonging_to(user).select(QueryLog::as_select()).order(query_logs::id).load(self)?,
                    Subscription::belonging_to(user).select(Subscription::as_select()).load(self)?,
                    Invoice::belonging_to(user).select(Invoice::as_select()).order(invoices::id).load(self)?,
                ))
            }

            fn move_to(&mut self, user: &User, address: &Address) -> QueryResult<User> {
                diesel::update(user).set(user.row().set_address(address)).execute(self)?;
                User::query().filter(users::id.eq(user.id)).first(self)
            }

            fn save(&mut self, subscription: &Subscription) -> QueryResult<Subscription> {
                subscription.save_changes(self)
            }

            fn attacked(&mut self, sql: &str) -> QueryResult<String> {
                let mut answer = String::new();
                let end = self.transaction::<(), diesel::result::Error, _>(|conn| {
                    diesel::sql_query(sql).execute(conn)?;
                    let read = QueryLog::query().load::<QueryLog>(conn).map(|logs| format!("{} questions", logs.len()));
                    answer = read.unwrap_or_else(|error| error.to_string());
                    Err(diesel::result::Error::RollbackTransaction)
                });
                match end {
                    Err(diesel::result::Error::RollbackTransaction) | Ok(()) => Ok(answer),
                    Err(error) => Err(error),
                }
            }
        }
    };
}
assistant_on!(SqliteConnection);
assistant_on!(PgConnection);
