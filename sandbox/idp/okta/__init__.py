"""The vendor's Management API: one file per resource family, all over the one state."""
