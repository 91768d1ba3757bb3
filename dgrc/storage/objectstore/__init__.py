"""Object stores: files read from them (`files`), models fetched once a node (`models`)."""
