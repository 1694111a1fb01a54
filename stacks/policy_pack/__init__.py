"""WHAT: the policy pack that the engine runs beside the program, and that refuses what must not be written."""
