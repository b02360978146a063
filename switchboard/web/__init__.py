"""The web process: the customers' API, the widget, health."""
