"""What a run will ask, read, write, pay and wait, told from a few items; and the same beside what it did."""
