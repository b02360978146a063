"""Articles: what the assistant answers with."""
