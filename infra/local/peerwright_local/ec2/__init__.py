"""EC2 and STS: moto, with the changes that `patches.py` lists. Service Quotas is served beside them."""
