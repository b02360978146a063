"""What a message means, in numpy, scipy, scikit-learn and spaCy alone; Rasa sees it through `components`."""
