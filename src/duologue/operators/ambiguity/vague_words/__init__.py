"""Vague words for the values of conditions: how much (`degrees`), which one (`kinds`), and who knows them (`rules`)."""
