"""What people say of two answers: blind tasks for them, and their preferences read back from several formats."""
