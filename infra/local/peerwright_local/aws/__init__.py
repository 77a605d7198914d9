"""Everything but EC2, STS and Service Quotas: MiniStack, with the changes that `patches.py` lists."""
