"""WHO: from an identity provider's export to one explained cohort and one readiness per person."""
