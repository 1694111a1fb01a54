"""The judge: what an Okta Identity Engine with this configuration would answer, and why."""
