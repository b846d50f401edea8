//! What the shop asks of its database: Diesel's ordinary calls.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use encrypted_fields::{SealedOf, write_conflict};
use rust_decimal::Decimal;

use crate::load::Contents;
use crate::models::{Customer, CustomerWallet, Item, Order, OrderItem, OrderRow, Payment, ShopBalance};
use crate::schema::{customer_wallets, customers, items, order_items, orders, payments, shop_balances};
use example_support::Error;

/// The shop in one database or another.
pub(crate) trait Shop {
    /// Inserts everything, in batches, in one transaction.
    fn fill(&mut self, contents: &Contents) -> QueryResult<()>;

    /// Loads and decrypts everything.
    fn contents(&mut self) -> QueryResult<Contents>;

    /// Finds a customer by the blind index of the e-mail.
    fn customer(&mut self, email: &str) -> QueryResult<Customer>;

    /// Pays money into a wallet.
    fn top_up(&mut self, owner: i32, amount: Decimal) -> QueryResult<CustomerWallet>;

    /// Pays an order from its customer's wallet: all of it or nothing.
    ///
    /// The database cannot subtract from a sealed balance, so it is read, computed and written. Of two payments that
    /// start from the same balance the second is refused by the wallet's counter, and begins again.
    fn pay(&mut self, order: i32, at: NaiveDateTime) -> Result<Payment, Error>;

    /// Moves money from one wallet to another, and says how often another writer was first.
    fn transfer(&mut self, from: i32, to: i32, amount: Decimal) -> QueryResult<u32>;

    /// What the program says to a wallet whose owner has put an older balance back, by SQL and without the key. Everything is
    /// rolled back in the end.
    fn old_balance_put_back(&mut self, owner: i32) -> Result<String, Error>;

    /// Loads and decrypts one column: each value is opened in its row.
    fn totals(&mut self) -> Result<Vec<Decimal>, Error>;

    /// What the database makes of `SUM` over an encrypted column.
    fn sum_in_the_database(&mut self) -> QueryResult<Option<String>>;
}

/// Postgres takes 65,535 parameters in a statement.
const BATCH: usize = 500;

macro_rules! insert {
    ($conn:ident, $($table:ident: $rows:expr),* $(,)?) => {$(
        for batch in $rows.chunks(BATCH) {
            diesel::insert_into($table::table).values(batch).execute($conn)?;
        }
    )*};
}

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = Nullable<Text>)]
    answer: Option<String>,
}

/// Begins again where another writer was first.
fn retried<T>(mut transaction: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
    loop {
        match transaction() {
            Err(error) if error.downcast_ref().is_some_and(write_conflict) => continue,
            done => return done,
        }
    }
}

/// Once for each connection, because Diesel's queries have the type of theirs.
macro_rules! shop_on {
    ($connection:ty) => {
        impl Shop for $connection {
            fn fill(&mut self, contents: &Contents) -> QueryResult<()> {
                self.transaction(|conn| {
                    insert!(conn, items: contents.items, customers: contents.customers);
                    insert!(conn, shop_balances: contents.balances, customer_wallets: contents.wallets);
                    insert!(conn, orders: contents.orders, order_items: contents.order_items);
                    insert!(conn, payments: contents.payments);
                    Ok(())
                })
            }

            fn contents(&mut self) -> QueryResult<Contents> {
                Ok(Contents {
                    items: Item::query().order(items::id).load(self)?,
                    customers: Customer::query().order(customers::id).load(self)?,
                    balances: ShopBalance::query().order(shop_balances::id).load(self)?,
                    wallets: CustomerWallet::query().order(customer_wallets::id).load(self)?,
                    orders: Order::query().order(orders::id).load(self)?,
                    order_items: OrderItem::query().order(order_items::id).load(self)?,
                    payments: Payment::query().order(payments::id).load(self)?,
                })
            }

            fn customer(&mut self, email: &str) -> QueryResult<Customer> {
                Customer::query().filter(Customer::email_eq(email)).first(self)
            }

            fn top_up(&mut self, owner: i32, amount: Decimal) -> QueryResult<CustomerWallet> {
                loop {
                    let mut wallet =
                        CustomerWallet::query().filter(customer_wallets::owner_id.eq(owner)).first(self)?;
                    wallet.balance += amount;
                    match wallet.save_changes(self) {
                        Err(error) if write_conflict(&error) => continue,
                        saved => return saved,
                    }
                }
            }

            fn pay(&mut self, order: i32, at: NaiveDateTime) -> Result<Payment, Error> {
                retried(|| self.transaction(|conn| {
                    let order = Order::query().filter(orders::id.eq(order)).first(conn)?;
                    let customer = order.customer_id;
                    let wallet = CustomerWallet::query().filter(customer_wallets::owner_id.eq(customer)).first(conn)?;
                    let owed = ShopBalance::query().filter(shop_balances::customer_id.eq(customer)).first(conn)?;
                    if wallet.balance < order.total {
                        let (order, total, has) = (order.id, order.total, wallet.balance);
                        return Err(format!("order {order} costs {total}, and the wallet holds {has}").into());
                    }
                    let set = wallet.row().set_balance(&(wallet.balance - order.total));
                    diesel::update(&wallet).set(set).execute(conn)?;
                    let set = owed.row().set_balance(&(owed.balance - order.total));
                    diesel::update(&owed).set(set).execute(conn)?;
                    let payment = Payment { id: order.id, order_id: order.id, amount: order.total, paid_at: at };
                    diesel::insert_into(payments::table).values(&payment).execute(conn)?;
                    Ok(payment)
                }))
            }

            fn transfer(&mut self, from: i32, to: i32, amount: Decimal) -> QueryResult<u32> {
                let mut conflicts = 0;
                loop {
                    let wallet = |conn: &mut Self, owner: i32| {
                        CustomerWallet::query().filter(customer_wallets::owner_id.eq(owner)).first(conn)
                    };
                    let (mut payer, mut payee) = (wallet(self, from)?, wallet(self, to)?);
                    payer.balance -= amount;
                    payee.balance += amount;
                    // In the order of the ids: two transfers between the same wallets do not wait for each other.
                    let mut wallets = [payer, payee];
                    wallets.sort_by_key(|wallet| wallet.id);
                    let saved = self.transaction(|conn| {
                        for wallet in &wallets {
                            wallet.save_changes::<CustomerWallet>(conn)?;
                        }
                        Ok(())
                    });
                    match saved {
                        Err(error) if write_conflict(&error) => conflicts += 1,
                        saved => return saved.map(|()| conflicts),
                    }
                }
            }

            fn old_balance_put_back(&mut self, owner: i32) -> Result<String, Error> {
                let mut answer = String::new();
                let rolled_back = self.transaction::<(), diesel::result::Error, _>(|conn| {
                    let wallet = customer_wallets::table.filter(customer_wallets::owner_id.eq(owner));
                    let old: SealedOf<customer_wallets::balance> =
                        wallet.select(customer_wallets::balance).first(conn)?;
                    let mut spender: CustomerWallet = CustomerWallet::query().filter(customer_wallets::owner_id.eq(owner)).first(conn)?;
                    spender.balance = Decimal::ZERO;
                    spender.save_changes::<CustomerWallet>(conn)?;
                    diesel::update(wallet).set(customer_wallets::balance.eq(&old)).execute(conn)?;
                    let read = CustomerWallet::query().filter(customer_wallets::owner_id.eq(owner)).first(conn);
                    answer = read.map_or_else(|error| error.to_string(), |wallet| format!("{wallet:?}"));
                    Err(diesel::result::Error::RollbackTransaction)
                });
                match rolled_back {
                    Err(diesel::result::Error::RollbackTransaction) => Ok(answer),
                    Err(error) => Err(error.into()),
                    Ok(()) => Ok(answer),
                }
            }

            fn totals(&mut self) -> Result<Vec<Decimal>, Error> {
                let rows: Vec<(i32, i32, SealedOf<orders::total>)> =
                    orders::table.select((orders::id, orders::customer_id, orders::total)).load(self)?;
                let open = |(id, customer_id, total)| Ok(OrderRow { id, customer_id }.open_total(&total)?);
                rows.into_iter().map(open).collect()
            }

            fn sum_in_the_database(&mut self) -> QueryResult<Option<String>> {
                let sum = diesel::sql_query("SELECT CAST(SUM(total) AS TEXT) AS answer FROM orders");
                sum.get_result::<Answer>(self).map(|row| row.answer)
            }
        }
    };
}
shop_on!(SqliteConnection);
shop_on!(PgConnection);
