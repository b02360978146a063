"""Rasa's extension points as we use them: the one package that imports rasa."""
