"""Short stories and questions that have one reading or several (Abg-CoQA's kind)."""
