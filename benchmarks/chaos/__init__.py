"""Nothing lost, under fire: many conversations while processes are killed, the database is restarted and connections
are cut; then everything that customers can see is checked."""
