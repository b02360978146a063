"""Rasa's custom actions: slots in, one call into the package, an utterance or a decision out."""
