"""The business system: a contract, its adapters, and the ledger of what was done there."""
