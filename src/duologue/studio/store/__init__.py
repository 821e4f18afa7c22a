"""Where annotation lives: SQLite beside the data, or PostgreSQL by URL. Answers are events, never changed."""
