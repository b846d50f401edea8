DROP TABLE payments;
DROP TABLE order_items;
DROP TABLE orders;
DROP TABLE customer_wallets;
DROP TABLE shop_balances;
DROP TABLE customers;
DROP TABLE items;
