"""Rules: one deterministic state machine. Pure, synchronous, and fed with records alone."""
