"""What is never stored or logged as it came."""
