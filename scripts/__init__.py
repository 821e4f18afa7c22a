"""What builds and maintains the project; no part of the package."""
