"""A user of the local AWS: what the demo and the end-to-end tests do there through its APIs, and what they read back."""
