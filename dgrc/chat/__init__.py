"""Chats as a model's own template writes them: `template` renders, `control` guards turns, `thoughts` parts replies."""
