"""WHAT: the Pulumi program that renders baseline and posture as the vendor's own policies."""
