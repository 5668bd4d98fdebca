"""Account tree, contracts, orders, subscriptions, service instances, contacts."""
