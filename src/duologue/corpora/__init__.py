"""Dataset readers and writers, one file per dataset, and procedural sample worlds."""
