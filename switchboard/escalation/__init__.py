"""Whether a person is called, and which: rules over facts. Pure, whoever asks brings the facts."""
