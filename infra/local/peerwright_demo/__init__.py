"""The demo: acts that are played through the EC2 API and checked by reading AWS back."""
