"""EC2 and STS: moto, with the AWS behaviours it leaves out. `patches.py` lists every one."""
