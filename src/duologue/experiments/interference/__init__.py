"""The interference experiment: chitchat put into dialogues, three trained systems, four setups, one claim judged."""
