"""What lies in the studio's folder: runs, trainings, dialogues, rows of figures; found and read, never changed."""
