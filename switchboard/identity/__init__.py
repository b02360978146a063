"""Who the customer is: what each action asks for, how it is shown, and how often one may try."""
