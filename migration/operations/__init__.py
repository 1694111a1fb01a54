"""Propose, then apply: the planner's use cases, over the ports that it declares."""
