-- Counters behind the numbers of customers, accounts, contracts, orders, subscriptions and
-- services. These are names, not fiscal documents: a rolled back transaction may leave a hole.
CREATE SEQUENCE customers_customer_numbers;
CREATE SEQUENCE customers_account_numbers;
CREATE SEQUENCE customers_contract_numbers;
CREATE SEQUENCE customers_order_numbers;
CREATE SEQUENCE customers_subscription_numbers;
CREATE SEQUENCE customers_service_numbers;
-- reverse:
DROP SEQUENCE customers_customer_numbers;
DROP SEQUENCE customers_account_numbers;
DROP SEQUENCE customers_contract_numbers;
DROP SEQUENCE customers_order_numbers;
DROP SEQUENCE customers_subscription_numbers;
DROP SEQUENCE customers_service_numbers;
