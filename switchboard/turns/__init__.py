"""A message's turn: ask Rasa, commit what it decided."""
