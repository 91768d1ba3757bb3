"""Files to rows as they are in them, packed or not: JSONL, JSON, CSV, TSV, Parquet."""
