"""Who gets which conversation, and when: teams and their hours, assignment, presence, promises, waiting times."""
