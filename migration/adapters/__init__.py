"""One file per outside party: the ledger's database, the identity provider, the engine, the clock."""
