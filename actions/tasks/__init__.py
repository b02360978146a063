"""What the assistant can do for customers: one task a kind of request, all of them in one form."""
