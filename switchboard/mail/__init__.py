"""Mails to customers: what goes out, and how. Nothing is sent where it is written; the outbox keeps it until it is gone."""
