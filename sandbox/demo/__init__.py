"""The road once through: real commands in a fresh copy, every claim proved by the identity provider."""
