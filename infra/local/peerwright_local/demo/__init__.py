"""The acts of the demo: played through the EC2 API, verified by reading AWS back."""
