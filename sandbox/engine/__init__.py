"""A stand-in for the Pulumi CLI, for loopback targets only."""
