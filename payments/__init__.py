"""Methods, gateways, bank files, payments, refunds, chargebacks."""
