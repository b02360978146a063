"""Switchboard: self-hosted customer-support automation."""

__version__ = "0.1.0"
