"""A run in the browser, measured: how fast it is indexed, listed, searched and shown, and in how much memory."""
