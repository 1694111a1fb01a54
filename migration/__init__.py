"""WHEN: waves, gates, rollback and the ledger; the planner's pure core and its thin shell."""
