DROP TABLE invoices;
DROP TABLE subscriptions;
DROP TABLE query_logs;
DROP TABLE users;
