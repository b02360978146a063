"""Tables, migrations, connections, and the embedded server."""
