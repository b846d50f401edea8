//! What the shop asks of its database: Diesel's ordinary calls.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use encrypted_fields::SealedOf;
use rust_decimal::Decimal;

use crate::Error;
use crate::load::Contents;
use crate::models::{Customer, CustomerWallet, Item, Order, OrderItem, OrderRow, Payment, ShopBalance};
use crate::schema::{customer_wallets, customers, items, order_items, orders, payments, shop_balances};

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
    /// The database cannot subtract from a sealed balance, so it is read, computed and written. Two payments at once
    /// would both start from the same balance: on Postgres load the wallet `.for_update()` to make the second one wait.
    /// Version counters, which refuse the second write on either database, are not part of encrypted-fields yet.
    fn pay(&mut self, order: i32, at: NaiveDateTime) -> Result<Payment, Error>;

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
                self.transaction(|conn| {
                    let mut wallet =
                        CustomerWallet::query().filter(customer_wallets::owner_id.eq(owner)).first(conn)?;
                    wallet.balance += amount;
                    wallet.save_changes(conn)
                })
            }

            fn pay(&mut self, order: i32, at: NaiveDateTime) -> Result<Payment, Error> {
                self.transaction(|conn| {
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
                })
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
