"""Small SQLite databases and questions for which one column fits or several (text to SQL, Spider's kind)."""
