"""Stand-in Pulumi provider plugins, speaking the ResourceProvider protocol."""
