"""Conversations: taking messages in, who holds them, and reading them out again."""
