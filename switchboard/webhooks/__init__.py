"""Telling other systems, by signed calls to their addresses, what happens in their conversations."""
