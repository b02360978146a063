"""Alembic's folder. A revision is never changed once it is on the main branch; the next change is a new one."""
