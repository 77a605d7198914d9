"""Everything but EC2 and STS: MiniStack, in this process, with the additions that additions.py lists."""
