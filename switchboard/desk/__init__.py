"""The agents' desk: a console to see conversations, take them over, and give them back."""
